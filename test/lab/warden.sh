# Holds a country's network namespaces, one for each host, and sweeps them when whoever asked for them is gone.
#   sh warden.sh FOLDER HOST...     says "HOST PID" for each; runs until its input ends, however that comes about
# Run in a mount namespace of its own, which all hosts share. What they find in /etc/resolv.conf and /etc/hosts lies in FOLDER.
trap '' INT TERM HUP
folder=$1
shift

hold() {
  set -e
  cd /proc/sys/net
  # A relay that is not root may have port 443; addresses serve at once; one run teaches the next nothing.
  echo 0 > ipv4/ip_unprivileged_port_start
  echo 0 > ipv6/conf/all/accept_dad
  echo 0 > ipv6/conf/default/accept_dad
  echo 1 > ipv4/tcp_no_metrics_save
  case $1 in
    censor | abroad | neighbourCensor)
      echo 1 > ipv4/ip_forward
      echo 1 > ipv6/conf/all/forwarding
      ;;
    dns | domestic | target)
      # Servers start while their addresses are laid.
      echo 1 > ipv4/ip_nonlocal_bind
      echo 1 > ipv6/ip_nonlocal_bind
      ;;
  esac
  case $1 in
    censor | neighbourCensor)
      # Bytes are counted from a flow's first packet on, and packets of flows that a recipe cut short still belong to their flow.
      echo 1 > netfilter/nf_conntrack_acct
      echo 1 > netfilter/nf_conntrack_tcp_be_liberal
      ;;
  esac
  cd /
  echo "$1 $$"
  exec > /dev/null 2>&1
  # Costs no further program, as a sleep would.
  while :; do kill -STOP $$; done
}

if [ "${1-}" = --hold ]; then hold "$2"; fi

if ! mount --bind "$folder/resolv.conf" /etc/resolv.conf || ! mount --bind "$folder/hosts" /etc/hosts; then
  rm -rf "$folder"
  exit 1
fi
holders=
for host; do
  unshare --net sh "$0" "$folder" --hold "$host" &
  holders="$holders $!"
done

# Whether one of them still lives: the number of one that ended may be a stranger's by now.
lives() {
  { read -r _ _ _ parent _ < "/proc/$1/stat" && [ "$parent" = $$ ]; } 2> /dev/null
}

cat > /dev/null
# Whatever runs in these namespaces ends: programs, what they started meanwhile, and what holds the namespaces. A host that was never set up is in ours.
spaces=
for pid in $holders; do lives "$pid" && spaces="$spaces /proc/$pid/ns/net"; done
# shellcheck disable=SC2086
wanted=$([ -z "$spaces" ] || find -L $spaces -maxdepth 0 ! -samefile /proc/self/ns/net -printf ' -o -lname net:\\[%i\\]' 2> /dev/null)
for round in 1 2 3; do
  # shellcheck disable=SC2086
  found=$(find /proc/[0-9]*/ns/net -maxdepth 0 \( -false $wanted \) 2> /dev/null) || :
  [ -n "$found" ] || break
  for at in $found; do
    at=${at#/proc/}
    kill -KILL "${at%%/*}" 2> /dev/null
  done
done
for pid in $holders; do lives "$pid" && kill -KILL "$pid"; done
rm -rf "$folder"
