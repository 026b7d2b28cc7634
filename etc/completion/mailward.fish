# mailward - completion for fish: the program itself says what fits

function __mailward_offers
    set -l words (commandline -opc) (commandline -ct)
    for line in (PATH="$PATH:/usr/sbin:/usr/local/sbin" command $words[1] completion -- $words[2..-1] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :dirs
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c mailward -f -a '(__mailward_offers)'
