#!/bin/sh
# A real telephone exchange for the tests: Asterisk 22 in a small chroot of Debian forky (Debian
# 12 and 13 carry none), and the SIP phone baresip beside it. Needs root and Debian's mirror.
# Idempotent: what is there is kept, a half-built chroot is begun anew.
#   usage: build.sh CHROOT
set -eu
root=$1

if [ "$(id -u)" != 0 ]; then
    echo "the exchange needs root: it is built with debootstrap and runs in a chroot" >&2
    exit 1
fi
if ! command -v debootstrap >/dev/null || ! command -v baresip >/dev/null; then
    packages='debootstrap baresip-core'
    # shellcheck disable=SC2086  # two words
    apt-get install -y -q --no-install-recommends $packages ||
        { apt-get update -q && apt-get install -y -q --no-install-recommends $packages; }
fi
[ ! -e "$root/.complete" ] || exit 0

rm -rf --one-file-system "$root"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep -m 1 '/debian/$' || echo http://deb.debian.org/debian)
# Debian 12's debootstrap has no script named forky; that of sid serves every later suite.
debootstrap --variant=minbase forky "$root" "$mirror" /usr/share/debootstrap/scripts/sid
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing starts by being installed
chmod 755 "$root/usr/sbin/policy-rc.d"
printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"$root/etc/dpkg/dpkg.cfg.d/01-nodoc"
# debootstrap's package lists serve: no apt-get update.
DEBIAN_FRONTEND=noninteractive chroot "$root" \
    apt-get install -y -q --no-install-recommends asterisk asterisk-modules
chroot "$root" apt-get clean
touch "$root/.complete"
