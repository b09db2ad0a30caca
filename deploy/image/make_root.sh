#!/usr/bin/env bash
# Lays out the root of an image: a program, the libraries it needs, who it runs as, roots of trust; no shell, no tools.
# Usage: make_root.sh BINARY ROOT [with-iptables]
set -euo pipefail

readonly binary=$1 root=$2 tools=${3:-}
mkdir -p "$root"/{etc/ssl/certs,etc/gabion/config,etc/gabion/policy,etc/gabion/certs,tmp,run,proc,dev,sys,usr/bin,usr/sbin}
chmod 1777 "$root/tmp"

# copy FILE [AS]: with the libraries that the dynamic loader would find for it.
copy() {
  local file=$1 as=${2:-$1} library
  mkdir -p "$root$(dirname "$as")"
  cp -L "$file" "$root$as"
  ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' | while read -r library; do
    [[ -e $root$library ]] || { mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"; }
  done
}

copy "$binary" /usr/bin/gabion
[[ ${STRIP:-yes} != yes ]] || strip "$root/usr/bin/gabion"

printf 'root:x:0:0:root:/:/nonexistent\ngabion:x:1337:1337:gabion:/:/nonexistent\n' >"$root/etc/passwd"
printf 'root:x:0:\ngabion:x:1337:\n' >"$root/etc/group"
[[ ! -f /etc/ssl/certs/ca-certificates.crt ]] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"

# What `gabion net` starts: both back ends of iptables with their extensions, and ip.
if [[ $tools == with-iptables ]]; then
  for backend in nft legacy; do
    copy "$(readlink -f "/usr/sbin/xtables-$backend-multi")" "/usr/sbin/xtables-$backend-multi"
    for name in iptables ip6tables; do
      for suffix in "" -save -restore; do
        ln -sf "xtables-$backend-multi" "$root/usr/sbin/$name-$backend$suffix"
        [[ $backend != nft ]] || ln -sf xtables-nft-multi "$root/usr/sbin/$name$suffix"
      done
    done
  done
  extensions=$(dirname "$(dpkg -L iptables | grep -m1 'libxt_REDIRECT\|libipt_REDIRECT\|libxt_tcp')")
  mkdir -p "$root$extensions"
  cp -a "$extensions/." "$root$extensions/"
  copy "$(readlink -f /sbin/ip)" /usr/sbin/ip
fi

# As Debian has them: programs look below /bin and /lib too.
for folder in bin sbin lib lib64; do
  if [[ -d $root/$folder && ! -L $root/$folder ]]; then
    mkdir -p "$root/usr/$folder"
    cp -a "$root/$folder/." "$root/usr/$folder/"
    rm -rf "${root:?}/$folder"
  fi
  [[ ! -d $root/usr/$folder ]] || ln -sfn "usr/$folder" "$root/$folder"
done
