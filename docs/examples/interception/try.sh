#!/bin/sh
# Two pods as network namespaces; orders-0 has nginx and a sidecar that nginx knows nothing of. Needs root.
# Usage: sh try.sh GABION [tproxy]   (a program that every user may execute, in folders that every user may enter)
set -eu
gabion=$(readlink -f "$1")
mode=${2:-redirect}
here=$(dirname "$(readlink -f "$0")")
web=gabion-web-$$ orders=gabion-orders-$$ files=$(mktemp -d)
pids=
end() {
  for pid in $pids; do kill "$pid" 2>/dev/null || :; done
  ip netns del "$web" 2>/dev/null || :
  ip netns del "$orders" 2>/dev/null || :
  rm -r "$files"
}
trap end EXIT
ip netns add "$web"
ip netns add "$orders"
ip -n "$web" link add eth0 type veth peer name eth0 netns "$orders"
for pod in "$web 10" "$orders 20"; do
  ip -n "${pod% *}" link set lo up
  ip -n "${pod% *}" link set eth0 up
  ip -n "${pod% *}" address add "10.77.0.${pod#* }/24" dev eth0
  ip -n "${pod% *}" address add "fd77::${pod#* }/64" dev eth0 nodad
done

cat > "$files/nginx.conf" <<CONF
daemon off; master_process off; pid $files/pid; error_log stderr; events {}
http { access_log off; client_body_temp_path $files/body; proxy_temp_path $files/proxy; fastcgi_temp_path $files/fastcgi;
  uwsgi_temp_path $files/uwsgi; scgi_temp_path $files/scgi;
  server { listen 8080; listen [::]:8080; listen 9090; location / { return 200 "nginx was called by \$remote_addr\n"; } } }
CONF
ip netns exec "$orders" nginx -c "$files/nginx.conf" 2>"$files/nginx.log" & pids="$pids $!"
ip netns exec "$orders" "$gabion" net install --mode "$mode"
may=-all
[ "$mode" = redirect ] || may=-all,+net_admin
sed "s/inbound: {} /inbound: {mode: $mode} /; s|directory: policy|directory: $here/policy|" "$here/gabion.yaml" >"$files/gabion.yaml"
chmod 755 "$files"
ip netns exec "$orders" setpriv --reuid=1337 --regid=1337 --clear-groups --inh-caps=$may --ambient-caps=$may --bounding-set=$may \
  "$gabion" run -c "$files/gabion.yaml" >"$files/gabion.log" 2>&1 & pids="$pids $!"
tries=0
until ip netns exec "$orders" curl -sfo "$files/ready" http://127.0.0.1:15000/ready; do
  tries=$((tries + 1))
  [ $tries -lt 300 ] || { cat "$files/gabion.log"; exit 1; }
  sleep 0.1
done

ask() {
  status=$(ip netns exec "$web" curl -sg -m 5 -w '%{http_code}' -o "$files/answer" "$@") || status=closed
  [ "$status" != 200 ] || cp "$files/answer" "$files/answer.last"
  echo "$*: $status"
}
ask http://10.77.0.20:8080/orders
ask "http://[fd77::20]:8080/orders"
ask http://10.77.0.20:8080/admin
ask -X DELETE http://10.77.0.20:8080/orders
ask http://10.77.0.20:9090/orders
ask http://10.77.0.20:15006/orders
[ "$mode" = redirect ] || tail -n 1 "$files/answer.last"
ip netns exec "$orders" "$gabion" net remove
ask http://10.77.0.20:9090/orders
