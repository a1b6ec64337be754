# Completion of azl-provision for fish.

set -l commands run report plan render-network status config validate custom-data deprovision migrate check-image kvp
set -l none "not __fish_seen_subcommand_from $commands"

complete -c azl-provision -f
complete -c azl-provision -n $none -a run -d 'Provision this machine, or a tree'
complete -c azl-provision -n $none -a report -d 'Say what happened on this boot'
complete -c azl-provision -n $none -a plan -d 'Print what would be done, as JSON'
complete -c azl-provision -n $none -a render-network -d 'Write the planned .network files'
complete -c azl-provision -n $none -a status -d 'Say whether this VM is provisioned'
complete -c azl-provision -n $none -a config -d 'Print the configuration'
complete -c azl-provision -n $none -a validate -d 'Check custom data'
complete -c azl-provision -n $none -a custom-data -d 'List what custom data asked for'
complete -c azl-provision -n $none -a deprovision -d 'Remove what makes this machine one VM'
complete -c azl-provision -n $none -a migrate -d 'Take over this VM from another agent'
complete -c azl-provision -n $none -a check-image -d 'Say what is wrong with an image'
complete -c azl-provision -n $none -a kvp -d 'Print the key-value pairs for the host'
complete -c azl-provision -n $none -l report -d 'Say what happened on this boot'
complete -c azl-provision -n $none -l version -d 'Print the version'
complete -c azl-provision -l help -d 'Print help'

for condition in $none '__fish_seen_subcommand_from report'
    complete -c azl-provision -n $condition -l root -xa '(__fish_complete_directories)' -d 'The tree to look at'
    complete -c azl-provision -n $condition -l format -xa 'text json html otlp' -d 'The format'
    complete -c azl-provision -n $condition -l boot -xa '0 -1' -d 'This boot, or an earlier one'
    complete -c azl-provision -n $condition -l compare -xa '-1 -2' -d 'Show the steps beside those of another boot'
    complete -c azl-provision -n $condition -s o -l output -rF -d 'Write to a file'
    complete -c azl-provision -n $condition -l width -xa '40 80 120 200' -d 'Columns'
    complete -c azl-provision -n $condition -l list -d 'List the boots that have records'
    complete -c azl-provision -n $condition -l bundle -rF -d 'Write an archive for support'
    complete -c azl-provision -n $condition -l force -d 'Replace the archive'
    complete -c azl-provision -n $condition -l send -d 'Post the trace of the boot to a collector'
    complete -c azl-provision -n $condition -l endpoint -x -d 'The collector'
end

for condition in $none '__fish_seen_subcommand_from report' '__fish_seen_subcommand_from status' '__fish_seen_subcommand_from config' '__fish_seen_subcommand_from validate' '__fish_seen_subcommand_from custom-data' '__fish_seen_subcommand_from check-image'
    complete -c azl-provision -n $condition -l color -xa 'auto always never' -d 'Whether to use colours'
    complete -c azl-provision -n $condition -l no-pager -d 'Do not use a pager'
end

set -l run '__fish_seen_subcommand_from run'
complete -c azl-provision -n $run -l stage -xa 'local main report close link disks custom-data-early custom-data' -d 'Run this stage only'
complete -c azl-provision -n $run -l disk -xa '(command ls /sys/block)' -d 'Set up only this disk'
complete -c azl-provision -n $run -l root -xa '(__fish_complete_directories)' -d 'Provision this tree'
complete -c azl-provision -n $run -l media -rF -d 'The provisioning media'
complete -c azl-provision -n $run -l links -rF -d "The tree's network links"
complete -c azl-provision -n $run -l imds-url -xa 'http://' -d 'The metadata service'
complete -c azl-provision -n $run -l wireserver-url -xa 'http://' -d 'The WireServer'

for command in run plan render-network
    set -l condition "__fish_seen_subcommand_from $command"
    complete -c azl-provision -n $condition -l log-level -xa 'off error warning info debug trace' -d 'Log to stderr'
    complete -c azl-provision -n $condition -s v -l verbose -d 'Log as --log-level=debug does'
end

for command in plan render-network
    set -l condition "__fish_seen_subcommand_from $command"
    complete -c azl-provision -n $condition -l root -xa '(__fish_complete_directories)' -d 'The tree to look at'
    complete -c azl-provision -n $condition -l imds -rF -d "IMDS's instance document"
    complete -c azl-provision -n $condition -l ovf -rF -d 'The provisioning media'
    complete -c azl-provision -n $condition -l links -rF -d 'Network links'
    complete -c azl-provision -n $condition -l imds-url -xa 'http://' -d 'The metadata service'
    complete -c azl-provision -n $condition -l no-pager -d 'Do not use a pager'
end
complete -c azl-provision -n '__fish_seen_subcommand_from plan' -l disks -rF -d 'Disks'
complete -c azl-provision -n '__fish_seen_subcommand_from plan' -l dump-links -d "Print this machine's links"
complete -c azl-provision -n '__fish_seen_subcommand_from plan' -l dump-disks -d "Print this machine's disks"
complete -c azl-provision -n '__fish_seen_subcommand_from render-network' -l output -xa '(__fish_complete_directories)' -d 'A directory'

set -l status_command '__fish_seen_subcommand_from status'
complete -c azl-provision -n $status_command -l root -xa '(__fish_complete_directories)' -d 'The tree to look at'
complete -c azl-provision -n $status_command -l wait -d 'Wait while it is in progress'
complete -c azl-provision -n $status_command -l timeout -xa '30s 5min 10min' -d 'How long to wait'
complete -c azl-provision -n $status_command -l guest-agent -d 'Say whether WALinuxAgent may start'
complete -c azl-provision -n $status_command -l long -d 'Print the stages too'
complete -c azl-provision -n $status_command -l format -xa 'text json' -d 'The format'
complete -c azl-provision -n $status_command -l width -xa '40 80 120 200' -d 'Columns'

set -l config_command '__fish_seen_subcommand_from config'
complete -c azl-provision -n $config_command -l root -xa '(__fish_complete_directories)' -d 'The tree to look at'
complete -c azl-provision -n $config_command -l check -d 'Print only the lines that are wrong'
complete -c azl-provision -n $config_command -l defaults -d 'Print the default of each key'

set -l validate '__fish_seen_subcommand_from validate'
complete -c azl-provision -n $validate -F
complete -c azl-provision -n $validate -l format -xa 'text json sarif github' -d 'The format'
complete -c azl-provision -n $validate -l variables -rF -d 'What templates can use'

set -l custom_data '__fish_seen_subcommand_from custom-data'
complete -c azl-provision -n $custom_data -a 'list show rerun log'
complete -c azl-provision -n $custom_data -l root -xa '(__fish_complete_directories)' -d 'The tree to look at'
complete -c azl-provision -n $custom_data -l format -xa 'text json' -d 'The format'
complete -c azl-provision -n $custom_data -l width -xa '40 80 120 200' -d 'Columns'

set -l deprovision '__fish_seen_subcommand_from deprovision'
complete -c azl-provision -n $deprovision -l user -d 'Also the admin user'
complete -c azl-provision -n $deprovision -l logs -d 'Also logs and the journal'
complete -c azl-provision -n $deprovision -l programs -d "Have the image's programs run once more"
complete -c azl-provision -n $deprovision -l dry-run -d 'Print what would be removed'
complete -c azl-provision -n $deprovision -l force -d 'Do not ask'
complete -c azl-provision -n $deprovision -l root -xa '(__fish_complete_directories)' -d 'A mounted image'
complete -c azl-provision -n $deprovision -l format -xa 'text json' -d 'The format'
complete -c azl-provision -n $deprovision -l no-pager -d 'Do not use a pager'

set -l migrate '__fish_seen_subcommand_from migrate'
complete -c azl-provision -n $migrate -l dry-run -d 'Print what would be done'
complete -c azl-provision -n $migrate -l force -d 'Do not ask'
complete -c azl-provision -n $migrate -l root -xa '(__fish_complete_directories)' -d 'The tree of a VM'
complete -c azl-provision -n $migrate -l format -xa 'text json' -d 'The format'
complete -c azl-provision -n $migrate -l no-pager -d 'Do not use a pager'

set -l check_image '__fish_seen_subcommand_from check-image'
complete -c azl-provision -n $check_image -l root -xa '(__fish_complete_directories)' -d 'The image'
complete -c azl-provision -n $check_image -l format -xa 'text json sarif' -d 'The format'
complete -c azl-provision -n $check_image -l fix -d 'Repair what is safe to repair'
complete -c azl-provision -n $check_image -l ignore -xa "(azl-provision check-image --list 2>/dev/null | cut -d ' ' -f 1)" -d 'Leave a check out'
complete -c azl-provision -n $check_image -l list -d 'List all checks'
complete -c azl-provision -n $check_image -l explain -xa "(azl-provision check-image --list 2>/dev/null | cut -d ' ' -f 1)" -d 'Say what a check means'

set -l kvp '__fish_seen_subcommand_from kvp'
complete -c azl-provision -n "$kvp; and not __fish_seen_subcommand_from dump" -a dump -d 'Print a pool'
complete -c azl-provision -n "$kvp; and __fish_seen_subcommand_from dump" -F
complete -c azl-provision -n $kvp -l root -xa '(__fish_complete_directories)' -d 'The tree to look at'
complete -c azl-provision -n $kvp -l format -xa 'text json' -d 'The format'
complete -c azl-provision -n $kvp -l no-pager -d 'Do not use a pager'
