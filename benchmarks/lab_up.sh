# The baseline of lab_up.py: the network of labs/topologies/rack.toml, built by hand as an engineer
# would, one step after the other, with the same unpacked daemons and no engine around them.
#
# Run by lab_up.py inside namespaces of its own, with FRR's root, nftables' root, the pods' server
# and the Python that runs it. Prints a line at each milestone.
set -eu
FRR=$1 NFT=$2 SERVER=$3 PYTHON=$4 BFD=$5  # BFD: bfd or without
VIP=172.30.200.1

on() { host=$1; shift; nsenter --net="/run/netns/$host" "$@"; }
in_frr() { host=$1; shift; on "$host" chroot "/run/$host" "$@"; }

until_true() {  # so many tries, a twentieth of a second apart
    tries=600
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "gave up on: $*"; exit 1; }
        sleep 0.05
    done
}

# -- wires and addresses ---------------------------------------------------------------------------
mount -t tmpfs tmpfs /run
mkdir /run/netns
for host in client tor sw node1 node2 node3 pod2 pod3; do
    ip netns add $host
    ip -n $host link set lo up
done
for host in tor node1 node2 node3; do
    on $host sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1 \
        net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
        net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
done

wire() {  # host interface address host interface address; "-" for none
    ip -n "$1" link add "$2" type veth peer name "$5" netns "$4"
    [ "$3" = - ] || ip -n "$1" addr add "$3" dev "$2"
    [ "$6" = - ] || ip -n "$4" addr add "$6" dev "$5"
    ip -n "$1" link set "$2" up
    ip -n "$4" link set "$5" up
}

wire client eth0 192.0.2.10/24 tor client 192.0.2.1/24
ip -n sw link add br0 type bridge
ip -n sw link set br0 up
wire tor eth0 172.18.0.254/16 sw tor -
ip -n sw link set tor master br0
for n in 1 2 3; do
    wire node$n eth0 172.18.0.$((n + 1))/16 sw node$n -
    ip -n sw link set node$n master br0
    ip -n node$n route add default via 172.18.0.254
done
ip -n client route add default via 192.0.2.1
for n in 1 2 3; do
    for other in 1 2 3; do
        [ $n = $other ] || ip -n node$n route add 10.244.$other.0/24 via 172.18.0.$((other + 1))
    done
done
for n in 2 3; do
    wire pod$n eth0 10.244.$n.10/32 node$n pod$n -
    ip -n node$n link set pod$n address ee:ee:ee:ee:ee:ee
    ip -n node$n route add 10.244.$n.10 dev pod$n
    ip -n pod$n route add 169.254.1.1 dev eth0
    ip -n pod$n neigh add 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee dev eth0
    ip -n pod$n route add default via 169.254.1.1 dev eth0
done
"$PYTHON" -I "$SERVER" pod2,10.244.2.10 pod3,10.244.3.10 &

# -- the nodes' kube-proxy: any node takes the Service to any pod, and puts its own address first ---
for n in 1 2 3; do
    on node$n chroot "$NFT" /usr/sbin/nft -f - <<RULES
table ip services {
  chain to-pod {
    dnat to numgen random mod 2 map { 0 : 10.244.2.10, 1 : 10.244.3.10 }
  }
  chain arriving {
    type nat hook prerouting priority dstnat
    ip daddr { $VIP, 10.96.0.10 } tcp dport 80 meta mark set 0x4000 goto to-pod
    fib daddr type local tcp dport 30080 meta mark set 0x4000 goto to-pod
  }
  chain leaving { type nat hook postrouting priority srcnat; meta mark 0x4000 masquerade; }
}
RULES
done
echo "wired"

# -- the routers -----------------------------------------------------------------------------------
bfd() { printf 'bfd\n profile lab\n  receive-interval 300\n  transmit-interval 300\n'; }

tor_config() {
    echo "ip prefix-list SERVICES permit 172.30.0.0/16 le 32"
    echo "route-map FROM-NODE permit 10"
    echo " match ip address prefix-list SERVICES"
    echo "exit"
    echo "route-map TO-NODE deny 10"
    echo "router bgp 65099"
    echo " bgp router-id 172.18.0.254"
    echo " coalesce-time 0"
    for n in 2 3 4; do
        echo " neighbor 172.18.0.$n remote-as 64512"
        echo " neighbor 172.18.0.$n timers 3 9"
        echo " neighbor 172.18.0.$n timers connect 1"
        echo " neighbor 172.18.0.$n advertisement-interval 0"
        echo " neighbor 172.18.0.$n passive"
        [ $BFD = without ] || echo " neighbor 172.18.0.$n bfd profile lab"
    done
    echo " address-family ipv4 unicast"
    for n in 2 3 4; do
        echo "  neighbor 172.18.0.$n route-map FROM-NODE in"
        echo "  neighbor 172.18.0.$n route-map TO-NODE out"
        echo "  neighbor 172.18.0.$n maximum-prefix 50"
    done
}

node_config() {
    echo "ip prefix-list SERVICES permit 172.30.0.0/16 le 32"
    echo "route-map FROM-TOR deny 10"
    echo "route-map TO-TOR permit 10"
    echo " match ip address prefix-list SERVICES"
    echo "exit"
    echo "router bgp 64512"
    echo " bgp router-id 172.18.0.$(($1 + 1))"
    echo " coalesce-time 0"
    echo " no bgp network import-check"
    echo " neighbor 172.18.0.254 remote-as 65099"
    echo " neighbor 172.18.0.254 timers 3 9"
    echo " neighbor 172.18.0.254 timers connect 1"
    echo " neighbor 172.18.0.254 advertisement-interval 0"
    [ $BFD = without ] || echo " neighbor 172.18.0.254 bfd profile lab"
    echo " address-family ipv4 unicast"
    echo "  network $VIP/32"
    echo "  neighbor 172.18.0.254 route-map FROM-TOR in"
    echo "  neighbor 172.18.0.254 route-map TO-TOR out"
}

router() {  # host; bgpd's configuration comes on standard input
    root=/run/$1
    mkdir "$root"
    mount --bind "$FRR" "$root"
    for place in run tmp var/tmp var/log etc/frr; do mount -t tmpfs tmpfs "$root/$place"; done
    for place in proc dev; do mount --rbind /$place "$root/$place"; done
    mkdir "$root/run/frr"
    : > "$root/etc/frr/vtysh.conf"
    : > "$root/etc/frr/zebra.conf"
    cat > "$root/etc/frr/bgpd.conf"
    bfd > "$root/etc/frr/bfdd.conf"
    for daemon in zebra bfdd bgpd; do
        [ $daemon-$BFD = bfdd-without ] || in_frr "$1" /usr/lib/frr/$daemon -d -f /etc/frr/$daemon.conf -u root -g root -A 127.0.0.1 \
            -i /run/frr/$daemon.pid -z /run/frr/zserv.api --vty_socket /run/frr \
            --log file:/tmp/$daemon.log 2> "$root/tmp/$daemon.start"
    done
}

tor_config | router tor
for n in 1 2 3; do node_config $n | router node$n; done
echo "started"

# -- what an engineer looks at ---------------------------------------------------------------------
established() {
    [ "$(in_frr tor vtysh -c 'show bgp neighbors' | grep -c 'BGP state = Established')" = 3 ]
}
watched() { [ "$(in_frr tor vtysh -c 'show bfd peers' | grep -c 'Status: up')" = 3 ]; }
shared() { [ "$(ip -n tor route show $VIP | grep -c nexthop)" = 3 ]; }
answered() {
    on client "$PYTHON" -I -c "
import sys, urllib.request
try: print(urllib.request.urlopen('http://$VIP/', timeout=1).read().decode())
except OSError: sys.exit(1)"
}
until_true established
echo "established"
[ $BFD = without ] || until_true watched
echo "watched"
until_true shared
echo "shared"
until_true answered > /run/answer
echo "answered"
for host in client tor node1 node2 node3 pod2 pod3; do
    ip -n $host -o -4 addr show scope global | awk -v host=$host '{ print host, $4 }'
done
echo "listed"
read -r _ || true  # everything goes on until whoever runs this has measured
