#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run mpirun across two network namespaces, which are to it two hosts with a name each,
# joined by a virtual cable; ranks take turns between them. mpirun runs in the first and
# starts its daemon in the second by what it takes for ssh. Needs root.
#
# usage: two-hosts.sh [-r RATE] [-b FILE] -- MPIRUN-OPTIONS... PROGRAM ARGUMENTS...
#   -r   what the cable carries each way, as tc spells it: 1gbit
#   -b   write how many bytes the first host sent into FILE
# Exit code 77 where there can be no namespaces, else mpirun's.
set -euo pipefail
rate= sent=
while getopts r:b: option; do
    case $option in
    r) rate=$OPTARG ;;
    b) sent=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
one=vqa$$ two=vqb$$
dir=$(mktemp -d)
clean() {
    for host in $one $two; do ip netns del $host 2>/dev/null || true; done
    rm -rf "$dir"
}
trap clean EXIT
[ "$(id -u)" = 0 ] && ip netns add $one 2>/dev/null && ip netns add $two || exit 77

ip link add $one netns $one type veth peer name $two netns $two
ip -n $one addr add 10.231.7.1/24 dev $one
ip -n $two addr add 10.231.7.2/24 dev $two
for host in $one $two; do
    ip -n $host link set $host up
    ip -n $host link set lo up
    [ -z "$rate" ] ||
        tc -n $host qdisc add dev $host root tbf rate "$rate" burst 256kb latency 50ms
done
cat >"$dir/agent" <<END
#!/bin/sh
host=\$1
shift
[ "\$host" = 10.231.7.2 ] && exec ip netns exec $two unshare --uts sh -c "hostname $two; \$*"
exec sh -c "\$*"
END
cat >"$dir/first" <<END
#!/bin/sh
hostname $one
exec "\$@"
END
chmod +x "$dir/agent" "$dir/first"
echo "10.231.7.1 slots=2
10.231.7.2 slots=2" >"$dir/hostfile"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
code=0
timeout 300 ip netns exec $one unshare --uts "$dir/first" mpirun --oversubscribe \
    --mca plm_rsh_agent "$dir/agent" --hostfile "$dir/hostfile" --map-by node \
    --mca btl tcp,self --mca btl_tcp_if_include 10.231.7.0/24 \
    --mca oob_tcp_if_include 10.231.7.0/24 "$@" || code=$?
[ -z "$sent" ] || ip -n $one -s link show $one | awk '/TX:/ { getline; print $1 }' >"$sent"
exit $code
