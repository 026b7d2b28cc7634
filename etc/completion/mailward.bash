# mailward - completion for bash: the program itself says what fits

_mailward() {
	local cur=${COMP_WORDS[COMP_CWORD]} line
	local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	if declare -F _get_comp_words_by_ref >/dev/null; then	# bash-completion's: addresses hold colons
		local cword
		local -a all
		_get_comp_words_by_ref -n : -c cur -w all -i cword
		words=("${all[@]:1:cword}")
	fi
	words=("${words[@]//[\'\"\\]/}")	# they come with their quotes
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "${cur#=}") ;;
		:dirs) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "${cur#=}") ;;
		*) COMPREPLY+=("${line%%$'\t'*}") ;;
		esac
	done < <(PATH=$PATH:/usr/sbin:/usr/local/sbin "$1" completion -- "${words[@]}" 2>/dev/null)
	! declare -F __ltrim_colon_completions >/dev/null || __ltrim_colon_completions "$cur"
}
complete -F _mailward mailward
