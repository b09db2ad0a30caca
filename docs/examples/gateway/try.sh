#!/bin/sh
# Two nodes and three pods as network namespaces, a gateway on each node, nginx in the pod orders. Needs root.
# Usage: sh try.sh GABION   (a program that every user may execute, in folders that every user may enter)
set -eu
gabion=$(readlink -f "$1")
here=$(dirname "$(readlink -f "$0")")
id=$$ files=$(mktemp -d) pids=
name() { echo "gabion-$1-$id"; }
in_() { where=$(name "$1"); shift; ip netns exec "$where" "$@"; }
end() {
  for pid in $pids; do kill "$pid" 2>/dev/null || :; done
  for each in wire node-a node-b web free orders; do ip netns del "$(name $each)" 2>/dev/null || :; done
  rm -r "$files"
}
trap end EXIT

# A wire between two nodes, each of which routes to its pods.
for each in wire node-a node-b web free orders; do
  ip netns add "$(name $each)"
  in_ $each ip link set lo up
done
in_ wire ip link add br0 type bridge
in_ wire ip link set br0 up
for node in "a 1 2" "b 2 1"; do
  set -- $node
  in_ wire ip link add "port-$1" type veth peer name up0 netns "$(name node-$1)"
  in_ wire ip link set "port-$1" master br0 up
  in_ "node-$1" ip link set up0 up
  in_ "node-$1" ip address add "10.78.0.$2/24" dev up0
  in_ "node-$1" ip address add "fd78::$2/64" dev up0 nodad
  in_ "node-$1" sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  in_ "node-$1" ip route add "10.78.$3.0/24" via "10.78.0.$3"
  in_ "node-$1" ip route add "fd78:$3::/64" via "fd78::$3"
done
for pod in "web a 1 10" "free a 1 11" "orders b 2 10"; do
  set -- $pod
  in_ "node-$2" ip link add "veth-$1" type veth peer name eth0 netns "$(name $1)"
  in_ "node-$2" ip link set "veth-$1" up
  in_ "node-$2" ip address add 169.254.1.1/32 dev "veth-$1"
  in_ "node-$2" ip address add fe80::1/64 dev "veth-$1" nodad
  in_ "node-$2" ip route add "10.78.$3.$4/32" dev "veth-$1"
  in_ "node-$2" ip route add "fd78:$3::$4/128" dev "veth-$1"
  in_ "$1" ip link set eth0 up
  in_ "$1" ip address add "10.78.$3.$4/32" dev eth0
  in_ "$1" ip address add "fd78:$3::$4/128" dev eth0 nodad
  in_ "$1" ip route add 169.254.1.1 dev eth0
  in_ "$1" ip route add default via 169.254.1.1 dev eth0
  in_ "$1" ip route add default via fe80::1 dev eth0
done

cat > "$files/nginx.conf" <<CONF
daemon off; master_process off; pid $files/pid; error_log stderr; events {}
http { access_log off; client_body_temp_path $files/body; proxy_temp_path $files/proxy; fastcgi_temp_path $files/fastcgi;
  uwsgi_temp_path $files/uwsgi; scgi_temp_path $files/scgi;
  server { listen 8080; listen [::]:8080; location / { return 200 "nginx was called by \$remote_addr"; } } }
CONF
ip netns exec "$(name orders)" nginx -c "$files/nginx.conf" 2>"$files/nginx.log" & pids="$pids $!"

# One certificate for all gateways.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=root -keyout "$files/ca.key" \
  -out "$files/ca.crt" 2>"$files/openssl.log"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gateway -keyout "$files/tls.key" \
  -out "$files/tls.csr" 2>>"$files/openssl.log"
printf '%s\n' "subjectAltName=URI:spiffe://cluster.local/ns/gabion-system/sa/gabion-gateway" "basicConstraints=CA:FALSE" \
  "keyUsage=digitalSignature" > "$files/leaf"
openssl x509 -req -in "$files/tls.csr" -CA "$files/ca.crt" -CAkey "$files/ca.key" -CAcreateserial -days 1 \
  -extfile "$files/leaf" -out "$files/tls.crt" 2>>"$files/openssl.log"
cp -r "$here/gabion.yaml" "$here/policy" "$files"
chown -R 1337:1337 "$files"

for node in a b; do
  GABION_NODE_NAME=node-$node ip netns exec "$(name node-$node)" setpriv --reuid=1337 --regid=1337 --clear-groups \
    --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin "$gabion" run \
    -c "$files/gabion.yaml" >"$files/node-$node.log" 2>&1 & pids="$pids $!"
done
for node in "a 1" "b 2"; do
  set -- $node
  tries=0
  until in_ "node-$1" curl -sfo "$files/ready" http://127.0.0.1:15000/ready; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { cat "$files/node-$1.log"; exit 1; }
    sleep 0.1
  done
  in_ "node-$1" "$gabion" net install --mode tproxy --layout gateway --interfaces veth+ \
    --pod-cidrs "10.78.$2.0/24,fd78:$2::/64" >"$files/install.log"
done

ask() {
  who=$1; shift
  status=$(in_ "$who" curl -sg -m 5 -w '%{http_code}' -o "$files/answer" "$@") || status=closed
  [ "$status" != 200 ] || status="200, $(cat "$files/answer")"
  echo "$who: $*: $status"
}
ask web http://10.78.2.10:8080/
ask web "http://[fd78:2::10]:8080/"
ask web -X DELETE http://10.78.2.10:8080/
ask web http://10.78.1.11:8080/
ask free http://10.78.2.10:8080/
kill -KILL "${pids##* }"   # the gateway of node-b
ask web http://10.78.2.10:8080/
