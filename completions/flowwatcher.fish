# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# fish completion for flowwatcher.

function __flowwatcher_needs_command
    test (count (commandline -opc)) -eq 1
end

function __flowwatcher_needs_command_to_explain
    set -l tokens (commandline -opc)
    test (count $tokens) -eq 2; and test $tokens[2] = help
end

# Is the command one of these, and (stat) has the command that it runs not begun?
function __flowwatcher_using
    set -l tokens (commandline -opc)
    test (count $tokens) -gt 1; and contains -- $tokens[2] $argv
    and not contains -- -- $tokens
end

# Is the command filter, and its subcommand one of these or not given yet?
function __flowwatcher_filtering
    set -l tokens (commandline -opc)
    test (count $tokens) -gt 1; and test $tokens[2] = filter
    and begin
        test (count $tokens) -eq 2; or contains -- $tokens[3] $argv
    end
end

function __flowwatcher_filter_needs_subcommand
    set -l tokens (commandline -opc)
    test (count $tokens) -eq 2; and test $tokens[2] = filter
    or test (count $tokens) -eq 3; and test "$tokens[2..3]" = 'help filter'
end

function __flowwatcher_measures
    set -l tokens (commandline -opc)
    test (count $tokens) -gt 1; and test $tokens[2] = stat
end

function __flowwatcher_names
    cat /proc/[0-9]*/comm 2>/dev/null | sort -u
end

function __flowwatcher_units
    systemctl list-units --all --plain --no-legend \
        --type=service,socket,scope,slice 2>/dev/null | awk '{ print $1 }'
end

# Below the root of the cgroup version 2 tree, wherever that is mounted.
function __flowwatcher_cgroups
    set -l root (awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
    test -n "$root"; and find $root -mindepth 1 -maxdepth 3 -type d 2>/dev/null | string replace -- $root ''
end

# The whole target, prefix included; fish keeps what fits the word.
function __flowwatcher_targets
    set -l word (commandline -ct | string replace -r '^--target=' '')
    switch $word
        case 'pid:*'
            __fish_complete_pids | string replace -r '^' pid:
        case 'exe:*'
            set -l path (string replace exe: '' -- $word)
            __fish_complete_path (test -n "$path"; and echo $path; or echo /) | string replace -r '^' exe:
        case 'comm:*'
            __flowwatcher_names | string replace -r '^' comm:
        case 'cgroup:*'
            __flowwatcher_cgroups | string replace -r '^' cgroup:
        case 'unit:*'
            __flowwatcher_units | string replace -r '^' unit:
        case 'user:*'
            __fish_complete_users | string replace -r '^' user:
        case '*'
            printf '%s\t%s\n' pid: 'a process id' exe: 'path of an executable' \
                comm: 'name of a process' cgroup: 'a control group and all below' \
                unit: 'a systemd unit' user: 'a user'
    end
end

# The last name of a list, what stands before it included.
function __flowwatcher_types
    set -l word (commandline -ct | string replace -r '^--types=' '')
    set -l before (string match -r '.*,' -- $word)
    printf '%s\n' $before{process_create,process_exit,thread_create,thread_exit,image_load} \
        $before{connection_open,connection_close,port_taken,port_released,blocked} \
        $before{process,thread,image,connection,port,all}
end

complete -c flowwatcher -f

complete -c flowwatcher -n __flowwatcher_needs_command -s h -l help -d 'Print the list of commands'
complete -c flowwatcher -n __flowwatcher_needs_command -s V -l version -d 'Print the version'
for place in __flowwatcher_needs_command __flowwatcher_needs_command_to_explain
    complete -c flowwatcher -n $place -a watch -d 'Bytes of every process, interval by interval'
    complete -c flowwatcher -n $place -a stat -d 'Bytes of a command and all its descendants'
    complete -c flowwatcher -n $place -a conns -d 'The connections there are and whose they are'
    complete -c flowwatcher -n $place -a ports -d 'Which process holds which port'
    complete -c flowwatcher -n $place -a events -d 'Processes, connections and more as they come and go'
    complete -c flowwatcher -n $place -a record -d 'Write all that happens into a file'
    complete -c flowwatcher -n $place -a replay -d 'Run a command over a recording'
    complete -c flowwatcher -n $place -a block -d 'Cut processes off the network'
    complete -c flowwatcher -n $place -a unblock -d 'Take blocks back'
    complete -c flowwatcher -n $place -a deny -d 'Let processes not begin (Windows)'
    complete -c flowwatcher -n $place -a undeny -d 'Take denials back (Windows)'
    complete -c flowwatcher -n $place -a limit -d 'Hold what processes send or receive to a rate'
    complete -c flowwatcher -n $place -a unlimit -d 'Take limits back'
    complete -c flowwatcher -n $place -a rules -d 'The rules in force'
    complete -c flowwatcher -n $place -a filter -d 'Drop packets of adapters by lists of addresses'
    complete -c flowwatcher -n $place -a load -d 'Put the kernel side in place'
    complete -c flowwatcher -n $place -a unload -d 'Remove the kernel side'
    complete -c flowwatcher -n $place -a status -d 'Is the kernel side loaded'
    complete -c flowwatcher -n $place -a doctor -d 'What this kernel offers'
end
complete -c flowwatcher -n __flowwatcher_needs_command -a help -d 'Explain a command'
complete -c flowwatcher -n __flowwatcher_needs_command -a version -d 'Print the version'

complete -c flowwatcher -n '__flowwatcher_using watch stat conns ports events record replay load unload status doctor block unblock deny undeny limit unlimit rules filter' \
    -l help -d 'Print a summary of the options'
complete -c flowwatcher -n '__flowwatcher_using watch stat conns ports events status doctor block deny limit rules filter' \
    -l json -d 'Print one JSON object a line'
complete -c flowwatcher -n '__flowwatcher_using load' -l readers -x -a '(__fish_complete_groups)' -d 'Who may read counters and lists'
complete -c flowwatcher -n '__flowwatcher_using watch stat events record load' -l no-wire -d 'Do not count IP packets'
complete -c flowwatcher -n '__flowwatcher_using watch conns ports events' \
    -s p -l pid -x -a '(__fish_complete_pids)' -d 'Only this process'
complete -c flowwatcher -n '__flowwatcher_using watch conns ports events' \
    -l target -x -a '(__flowwatcher_targets)' -d 'Only these processes'
complete -c flowwatcher -n '__flowwatcher_using watch conns ports events record' \
    -l backend -x -a 'auto bpf sockdiag' -d 'Where the numbers come from'
complete -c flowwatcher -n '__flowwatcher_using watch conns ports' \
    -l all -d 'Also what is left out by default'

complete -c flowwatcher -n '__flowwatcher_using watch record' \
    -s i -l interval -x -a '250ms 500ms 1s 2s 5s 10s 1m' -d 'Length of an interval'
complete -c flowwatcher -n '__flowwatcher_using watch' -s c -l count -x -d 'End after so many intervals'
complete -c flowwatcher -n '__flowwatcher_using watch' \
    -l by -x -a 'process connection' -d 'What a line is about'
complete -c flowwatcher -n '__flowwatcher_using watch' -l classic -d 'Lines of the classic monitor'

complete -c flowwatcher -n '__flowwatcher_using ports' -l follow -d 'Ports as they are taken and released'
complete -c flowwatcher -n '__flowwatcher_using ports record' -l fail-on-loss -d 'Exit code 5 if something was lost'
complete -c flowwatcher -n '__flowwatcher_using ports' -l tcp -d 'Only TCP'
complete -c flowwatcher -n '__flowwatcher_using ports' -l udp -d 'Only UDP'

complete -c flowwatcher -n '__flowwatcher_using events' \
    -l types -x -a '(__flowwatcher_types)' -d 'Only events of these types'
complete -c flowwatcher -n '__flowwatcher_using events' \
    -l tree -x -a '(__fish_complete_pids)' -d 'Only this process and its descendants'
complete -c flowwatcher -n '__flowwatcher_using events' -l since-boot-snapshot -d 'What exists already first'
complete -c flowwatcher -n '__flowwatcher_using events' -l all-mappings -d 'Also executable memory without a file'
complete -c flowwatcher -n '__flowwatcher_using events' \
    -l buffer -x -a '64KiB 256KiB 1MiB 8MiB 64MiB' -d 'Room for events that wait'
complete -c flowwatcher -n '__flowwatcher_using events' -s c -l count -x -d 'End after so many events'
complete -c flowwatcher -n '__flowwatcher_using events' \
    -s d -l duration -x -a '1s 10s 1m 10m 1h' -d 'End after this time'
complete -c flowwatcher -n '__flowwatcher_using events' -l classic -d 'Lines of the classic process monitor'
complete -c flowwatcher -n '__flowwatcher_using events' -l fail-on-loss -d 'Exit code 5 if events were lost'
complete -c flowwatcher -n '__flowwatcher_using record replay' -F
complete -c flowwatcher -n '__flowwatcher_using record' -s d -l duration -x -a '10s 1m 10m 1h' -d 'End after this time'
complete -c flowwatcher -n '__flowwatcher_using record' -l force -d 'Overwrite a file that exists'
complete -c flowwatcher -n '__flowwatcher_using replay' -l at -x -d 'So long after the beginning'
complete -c flowwatcher -n '__flowwatcher_using replay' -l info -d 'Say what the recording is'
complete -c flowwatcher -n '__flowwatcher_using replay' -a 'events watch conns ports' -d 'Command to run over it'

complete -c flowwatcher -n '__flowwatcher_using block deny limit unblock undeny unlimit' -a '(__flowwatcher_targets)'
complete -c flowwatcher -n '__flowwatcher_using block' -l to -x -d 'Only these peers'
complete -c flowwatcher -n '__flowwatcher_using block' -l only-incoming -d 'Only what others begin'
complete -c flowwatcher -n '__flowwatcher_using block' -l only-outgoing -d 'Only what the processes begin'
complete -c flowwatcher -n '__flowwatcher_using block' -l allow-loopback -d 'Not within the machine'
complete -c flowwatcher -n '__flowwatcher_using limit' \
    -l up -x -a '100kB/s 1MB/s 10MB/s 800kbit/s 8Mbit/s unlimited' -d 'What they send'
complete -c flowwatcher -n '__flowwatcher_using limit' \
    -l down -x -a '100kB/s 1MB/s 10MB/s 800kbit/s 8Mbit/s unlimited' -d 'What they receive'
complete -c flowwatcher -n '__flowwatcher_using block limit' -l no-children -d 'Of a pid not its children'
complete -c flowwatcher -n '__flowwatcher_using block deny limit' \
    -l for -x -a '30s 10min 1h 1d' -d 'Ends by itself after this time'
complete -c flowwatcher -n '__flowwatcher_using block deny limit rules' -l dry-run -d 'Change nothing'
complete -c flowwatcher -n '__flowwatcher_using block deny limit rules' -l force -d 'Also what this terminal hangs on'
complete -c flowwatcher -n '__flowwatcher_using unblock undeny unlimit' -l all -d 'All of them'
complete -c flowwatcher -n '__flowwatcher_using rules' -l replace -d 'Take back what is not in the file'
complete -c flowwatcher -n '__flowwatcher_using rules' -F -a 'save restore clear' -d 'What to do'

complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a enum -d 'Adapters, and where they are filtered'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a set -d 'Put the lists of a file in force'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a get -d 'The lists in force'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a add -d 'Put prefixes into a list'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a remove -d 'Take prefixes out of a list'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a setdflt -d 'No lists any more'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a stats -d 'What was seen and dropped'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a test -d 'Would an address be dropped'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a check -d 'What is wrong with a file'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a follow -d 'Adapters as they come and go'
complete -c flowwatcher -n __flowwatcher_filter_needs_subcommand -a query -d 'What the driver of an adapter answers (Windows)'
complete -c flowwatcher -n '__flowwatcher_filtering enum set get add remove setdflt stats test query' \
    -l adapter -x -a '(command ls /sys/class/net)' -d 'Name of an adapter, or a pattern'
complete -c flowwatcher -n '__flowwatcher_filtering set get add remove setdflt test' \
    -l direction -x -a 'in out both' -d 'What is received, or sent'
complete -c flowwatcher -n '__flowwatcher_filtering set add follow' \
    -l hook -x -a 'best native generic tc' -d 'Where to see what is received'
complete -c flowwatcher -n '__flowwatcher_filtering set test check follow' \
    -l format -x -a 'auto classic plain netset hosts ipset' -d 'How to read the file'
complete -c flowwatcher -n '__flowwatcher_filtering set test follow' -l skip-bad -d 'Leave out lines that are wrong'
complete -c flowwatcher -n '__flowwatcher_filtering set add follow' -l force -d 'Also what cuts this machine off'
complete -c flowwatcher -n '__flowwatcher_filtering set add remove' -l dry-run -d 'Change nothing'
complete -c flowwatcher -n '__flowwatcher_filtering test' -l file -r -F -d 'Ask the lists of a file'
complete -c flowwatcher -n '__flowwatcher_filtering stats' -l top -x -a '5 10 20 50' -d 'Prefixes that drop most'
complete -c flowwatcher -n '__flowwatcher_filtering stats' \
    -s i -l interval -x -a '500ms 1s 5s 1m' -d 'Again every so often'
complete -c flowwatcher -n '__flowwatcher_filtering stats' -s c -l count -x -d 'End after so many intervals'
complete -c flowwatcher -n '__flowwatcher_filtering follow' -l once -d 'Lists for new adapters, and end'
complete -c flowwatcher -n '__flowwatcher_filtering set check follow; and not __flowwatcher_filter_needs_subcommand' -F

complete -c flowwatcher -n '__flowwatcher_using stat' -s o -l output -r -F -d 'Write the result there'
complete -c flowwatcher -n __flowwatcher_measures \
    -x -a '(__fish_complete_subcommand --fcs-skip=2 -o --output)'
