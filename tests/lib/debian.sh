# debian - other Debian systems for tests, in folders under build/ that are kept: nothing is installed or started here; sourced by sh

# mirror - where this machine gets its Debian from
mirror() {
	sed -n 's/^URIs: *\([^ ]*\/debian\)\/*$/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\/debian\)\/* .*/\2/p' \
		/etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1
}

# unpacked FOLDER SUITE PACKAGE... - the packages and all that they need, for chroot; whatever apt says comes out
unpacked() {
	local tree="$1" suite="$2" new="$1.new" deb made_of
	shift 2
	made_of="$suite $*"
	[ "$(cat "$tree/made-of" 2>/dev/null)" != "$made_of" ] || return 0
	rm -rf --one-file-system "$tree" "$new"
	mkdir -p "$new/apt/lists/partial" "$new/apt/archives/partial" "$new/dev" "$new/proc" "$new/etc" "$new/srv" || return
	: >"$new/apt/status"
	echo "deb $(mirror) $suite main" >"$new/apt/sources.list"
	# an apt of its own, which knows of no installed package
	apt() {
		apt-get -q -y -o Dir::Etc::SourceList="$new/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
			-o Dir::State::Lists="$new/apt/lists" -o Dir::State::Status="$new/apt/status" \
			-o Dir::State::Extended_States="$new/apt/extended" -o Dir::Cache="$new/apt" -o Dir::Cache::Archives="$new/apt/archives" \
			-o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@" </dev/null
	}
	apt update && apt install --no-install-recommends --download-only "$@" || return
	for deb in "$new"/apt/archives/*.deb; do
		dpkg-deb -x "$deb" "$new" || return
	done
	rm -rf "$new/apt"
	printf '%s:x:%d:%d::/:/bin/false\n' root 0 0 daemon 1 1 nobody 65534 65534 >"$new/etc/passwd"
	printf '%s:x:%d:\n' root 0 daemon 1 nogroup 65534 >"$new/etc/group"
	echo "$made_of" >"$new/made-of" && mv "$new" "$tree"
}
