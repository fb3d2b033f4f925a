# Run a script that expects FRR and nft at the system's usual places, where this machine has none.
#
# Run by lab_up.py inside namespaces of its own, with FRR's root, nftables' root and the script. What
# the machine lacks in /usr and /etc is seen from the unpacked roots, by this process and those below
# it; nothing is installed, and what is written in /etc goes to memory.
set -eu
FRR=$1 NFT=$2 SCRIPT=$3
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

mount -t tmpfs tmpfs /run
mkdir /run/written /run/work
mount -t overlay -o "lowerdir=/usr:$FRR/usr:$NFT/usr" overlay /usr
# Written before they are seen in /etc, where an ordinary user may change no file of root's.
{ grep -v '^frr:' /etc/passwd; echo "frr:x:0:0::/:/bin/false"; } > /run/written/passwd
{ grep -Ev '^frr(vty)?:' /etc/group; echo "frr:x:0:"; echo "frrvty:x:0:"; } > /run/written/group
mount -t overlay -o "lowerdir=/etc:$FRR/etc,upperdir=/run/written,workdir=/run/work" overlay /etc

# The script's $0 is its own name, so that it finds what lies beside it.
exec bash -c '
. "$0" || exit 1
echo answered
for place in /run/netns/*; do
    host=${place##*/}
    ip -n $host -o -4 addr show scope global | awk -v host=$host "{ print host, \$4 }"
done
echo listed
read -r _ || true  # everything goes on until whoever runs this has measured
' "$SCRIPT"
