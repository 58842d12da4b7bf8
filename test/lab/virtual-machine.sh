#!/bin/bash
# virtual-machine.sh - run a command in a throw-away QEMU/KVM guest that has a real Debian
# kernel (uhid, vhci-hcd, hidraw, usb-serial, cdc-acm, usblp), on top
# of THIS machine's own files (read-only 9p + RAM overlay). See docs/lab.md.
set -euo pipefail

usage() {
  cat <<'E'
usage: virtual-machine.sh [options] -- COMMAND [ARG...]       run COMMAND in the guest, as root
       virtual-machine.sh --setup                              only prepare (apt + initramfs)
       virtual-machine.sh --shell [options]                    root shell on the guest console

All files are this machine's, read-only under an overlay that is thrown away; so is what COMMAND writes.
options
  --usb-serial         plug a QEMU FTDI (0403:6001 -> ttyUSB0, device id usbserial0); its far side is
                       /dev/virtio-ports/lab.serial0, QEMU's monitor /dev/virtio-ports/lab.qmp
  --usbip              load vhci-hcd and the drivers of what hangs on a USB/IP bus; Debian's tool usbip is there
  --timeout S          stop the VM after S seconds, exit 124 (default 600)
  --mem MIB --cpus N   default 1536 and 2
  --timing             print boot timings to stderr
  --console FILE       keep the kernel console log in FILE
exit: COMMAND's exit code; 124 = timeout; 125 = the VM itself failed
env:  HALL_LAB_DIR  cache directory (default: '.cache' beside this script)
      HALL_LAB_KERNEL  kernel package (default: what linux-image-amd64 depends on)
      HALL_LAB_ACCEL=kvm|tcg, HALL_LAB_CPU, HALL_LAB_APPEND (kernel), HALL_LAB_QEMU_ARGS
E
}

SELF=$(readlink -f "$0"); HERE=$(dirname "$SELF")
CACHE=${HALL_LAB_DIR:-$HERE/.cache}
die() { echo "virtual-machine.sh: $*" >&2; exit 125; }
T0=$EPOCHREALTIME

# ---------------------------------------------------------------- set-up ----
STAMP_VERSION=13
setup() {
  mkdir -p "$CACHE"; exec 9>"$CACHE/lock"; flock 9
  if [ "$(cat "$CACHE/stamp" 2>/dev/null)" = "$STAMP_VERSION" ] &&
     command -v qemu-system-x86_64 >/dev/null; then exec 9>&-; return; fi
  echo "virtual-machine.sh: setting up in $CACHE ..." >&2
  local log=$CACHE/setup.log; : >"$log"
  export DEBIAN_FRONTEND=noninteractive
  # On the host itself: only QEMU, kmod (depmod, modprobe --show-depends) and xz.
  if ! { command -v qemu-system-x86_64 && command -v depmod && command -v xz; } >/dev/null; then
    local pk="qemu-system-x86 kmod xz-utils"
    apt-get install -y --no-install-recommends $pk >>"$log" 2>&1 ||
    { apt-get update >>"$log" 2>&1 &&
      apt-get install -y --no-install-recommends $pk >>"$log" 2>&1; } ||
      { tail -5 "$log" >&2; die "apt-get install failed (see $log)"; }
  fi
  # Everything else is only downloaded and unpacked for the guest.
  local D=$CACHE/deb G=$CACHE/guest K
  rm -rf "$D" "$G" "$CACHE/initrd.tmp"; mkdir -p "$D" "$G"
  pick() { apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/{print $2; exit}'; }
  K=${HALL_LAB_KERNEL:-$(pick)}
  get() { (cd "$D" && apt-get download "$@") >>"$log" 2>&1; }
  { [ -n "$K" ] && get "$K" busybox-static udev usbip; } ||
    { apt-get update >>"$log" 2>&1; K=${HALL_LAB_KERNEL:-$(pick)}
      get "$K" busybox-static udev usbip; } ||
    { tail -5 "$log" >&2; die "apt-get download failed (see $log)"; }
  # merged-/usr layout, so that the tree can lie over the host's / in an overlay
  mkdir -p "$G"/usr/{bin,sbin,lib,lib64}
  for d in bin sbin lib lib64; do ln -s usr/$d "$G/$d"; done
  unpack() { dpkg-deb --fsys-tarfile "$1" | tar -x -C "$G" --keep-directory-symlink "${@:2}"; }
  unpack "$D"/udev_*.deb  --exclude=./usr/share/{doc,man,locale,bash-completion,zsh} --exclude=./etc/init.d
  unpack "$D"/usbip_*.deb --exclude=./usr/share/{doc,man}
  unpack "$D"/busybox-static_*.deb --exclude=./usr/share --exclude=./usr/sbin --exclude=./etc
  # kernel image + only the module directories that a USB/HID/tty lab needs
  dpkg-deb --fsys-tarfile "$D/$K"_*.deb | tar -x -C "$G" --keep-directory-symlink --wildcards \
    './boot/vmlinuz-*' './boot/config-*' './lib/modules/*/modules.*' \
    './lib/modules/*/kernel/drivers/'{usb,hid,virtio,input,char,tty,uio,base,block,net/usb,net/tun.ko,mfd,i2c,gpio,media/common,media/mc,media/v4l2-core,media/common/videobuf2,parport,rtc,acpi,bluetooth}'*' \
    './lib/modules/*/kernel/fs/'{9p,netfs,fscache,overlayfs,fuse,nls,squashfs}'*' \
    './lib/modules/*/kernel/net/'{9p,vmw_vsock,core,rfkill,bluetooth}'*' \
    './lib/modules/*/kernel/'{lib,crypto,sound/core,sound/soundcore.ko,arch}'*' 2>>"$log" || true
  local V; V=$(basename "$(ls -d "$G"/usr/lib/modules/*)")
  find "$G/usr/lib/modules" -name '*.ko.xz' -exec xz -d {} + ; find "$G/usr/lib/modules" -name '*.ko.zst' -exec zstd -qd --rm {} +
  depmod -b "$G" "$V" >>"$log" 2>&1
  # unpack the kernel here (XZ inside the bzImage): QEMU starts the bare ELF through
  # PVH and the slow decompression inside the guest is saved (5.4 s -> 2.0 s with TCG)
  # (busybox xz cannot: the payload uses the x86 filter)
  local off
  off=$(LC_ALL=C grep -abom1 $'\xfd7zXZ' "$G"/boot/vmlinuz-* | head -1 | cut -d: -f1)
  tail -c +$((off+1)) "$G"/boot/vmlinuz-* | xz -dc 2>/dev/null >"$CACHE/vmlinux" || :
  [ "$(head -c4 "$CACHE/vmlinux" | tail -c3)" = ELF ] || mv "$G"/boot/vmlinuz-* "$CACHE/vmlinux"
  rm -f "$G"/boot/vmlinuz-*; mv "$G"/boot/config-* "$CACHE/kernel-config"; rmdir "$G/boot"
  echo "$V" >"$CACHE/kver"
  mkdir -p "$G/usr/lib/hall-lab"; stage2 >"$G/usr/lib/hall-lab/stage2"; chmod +x "$G/usr/lib/hall-lab/stage2"
  # udevd tries to set owner/group names that a slim host may lack: no harm.
  # initramfs: static busybox, ~20 modules in load order, and /init
  local I=$CACHE/initrd.tmp n=0; mkdir -p "$I"/{bin,mods,proc,sys,dev,host,lab,rw,new}
  cp "$G/usr/bin/busybox" "$I/bin/busybox"
  for m in virtio_pci virtio_console 9pnet_virtio 9p overlay; do
    modprobe -d "$G" -S "$V" --show-depends "$m" 2>>"$log"
  done | awk '$1=="insmod" && !seen[$2]++ {print $2}' >"$CACHE/initrd.modules"
  while read -r f; do
    n=$((n+1)); cp "$f" "$I/mods/$(printf %02d $n)-$(basename "$f")"
  done <"$CACHE/initrd.modules"
  [ "$n" -gt 5 ] || die "no modules found for the initramfs"
  stage1 >"$I/init"; chmod +x "$I/init"
  (cd "$I" && find . | "$G/usr/bin/busybox" cpio -o -H newc 2>>"$log") >"$CACHE/initrd"
  rm -rf "$I" "$D"
  echo "$STAMP_VERSION" >"$CACHE/stamp"
  echo "virtual-machine.sh: set up: kernel $V, cache $(du -sh "$CACHE" | cut -f1)" >&2
  exec 9>&-
}

stage1() { cat <<'E'
#!/bin/busybox sh
# initramfs: load the 9p/virtio modules, build the overlay root, go on in it
/bin/busybox --install -s /bin 2>/dev/null; PATH=/bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
read -r up _ </proc/uptime; echo "kernel $up" >/rw/marks 2>/dev/null
for m in /mods/*; do insmod $m || echo "hall-lab: cannot load $m"; done
o=trans=virtio,version=9p2000.L,msize=512000,cache=loose
mount -t 9p -o $o,ro host /host || echo "hall-lab: no host share"
mount -t 9p -o $o,ro lab /lab || echo "hall-lab: no lab share"
marks=$(cat /rw/marks)
mount -t tmpfs -o size=75%,mode=755 tmpfs /rw; mkdir /rw/up /rw/wk
mount -t overlay -o lowerdir=/lab:/host,upperdir=/rw/up,workdir=/rw/wk overlay /new ||
  { echo "hall-lab: overlay failed"; poweroff -f; }
mkdir -p /new/proc /new/sys /new/dev /new/run
for d in proc sys dev; do mount --move /$d /new/$d; done
mount -t tmpfs -o mode=755 tmpfs /new/run; mkdir -p /new/run/hall-lab
read -r up _ </new/proc/uptime; echo "$marks
root $up" >/new/run/hall-lab/marks
exec switch_root /new /usr/lib/hall-lab/stage2
E
}

stage2() { cat <<'E'
#!/usr/bin/busybox sh
# PID 1 of the guest, in the host's file tree
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
bb=/usr/bin/busybox; M=/run/hall-lab/marks; J=/run/hall-lab/job
mark() { read -r up _ </proc/uptime; echo "$1 $up" >>$M; }
$bb mkdir -p /dev/pts /dev/shm $J /run/lock /run/udev
$bb mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
$bb mount -t tmpfs -o mode=1777 tmpfs /dev/shm
$bb ln -sfn /proc/self/fd /dev/fd; $bb ln -sfn fd/0 /dev/stdin; $bb ln -sfn fd/1 /dev/stdout; $bb ln -sfn fd/2 /dev/stderr
$bb mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none job $J
$bb hostname hall-lab; $bb ifconfig lo 127.0.0.1 up
for p in /sys/class/virtio-ports/*; do
  read -r n <$p/name 2>/dev/null || continue
  case $n in lab.out) OUT=/dev/${p##*/};; lab.err) ERR=/dev/${p##*/};; lab.ctl) CTL=/dev/${p##*/};; esac
done
. $J/spec      # WORKDIR, SHELLMODE, MODULES
/usr/lib/systemd/systemd-udevd --daemon --resolve-names=late 2>/run/hall-lab/udevd.log
mark udevd
# drivers: with udevd they would autoload on plug too; loaded now, hot-plug is quick
for m in $MODULES; do /usr/sbin/modprobe $(echo $m | $bb tr , " ") 2>>/run/hall-lab/modprobe.log; done
$bb mount -t debugfs none /sys/kernel/debug 2>/dev/null
mark modules
udevadm trigger --action=add --subsystem-match=usb --subsystem-match=tty --subsystem-match=hidraw \
  --subsystem-match=virtio-ports --subsystem-match=usbmisc --subsystem-match=misc
udevadm settle -t 10
mark ready
cd "$WORKDIR" || { echo "hall-lab: no $WORKDIR in the guest"; }
if [ "$SHELLMODE" = 1 ]; then
  exec 3>$CTL; echo start >&3
  ( . $J/env; $bb setsid $bb cttyhack /bin/bash --noprofile --norc -i ) </dev/ttyS0 >/dev/ttyS0 2>&1
  echo exit 0 >&3; $bb poweroff -f
fi
exec 3>$CTL
{ $bb sed 's/^/mark /' $M; echo start; } >&3
$bb mkfifo /run/hall-lab/o /run/hall-lab/e
# a virtio port may be opened once only, hence the fifos and the two cats
$bb cat </run/hall-lab/o >$OUT 3>&- & co=$!
$bb cat </run/hall-lab/e >$ERR 3>&- & ce=$!
(
  exec 3>&-
  . $J/env
  exec /bin/sh $J/cmd
) </dev/null >/run/hall-lab/o 2>/run/hall-lab/e
rc=$?
# what the command left running must not keep the machine up: wait 2 s at most
( $bb sleep 2; $bb kill $co $ce 2>/dev/null ) 3>&- & 
wait $co $ce
mark done
{ $bb tail -n 1 $M | $bb sed 's/^/mark /'; echo "exit $rc"; } >&3
exec 3>&-
$bb poweroff -f
E
}

# -------------------------------------------------------------- arguments ----
TMO=600; MEM=1536; CPUS=2; TIMING=; CONSOLE=; SHELLMODE=0; SETUP_ONLY=; USBIP=; SERIAL=; CMD=()
while [ $# -gt 0 ]; do
  case $1 in
    --) shift; CMD=("$@"); break;;
    --setup) SETUP_ONLY=1; shift;; --shell) SHELLMODE=1; shift;;
    --usb-serial) SERIAL=1; shift;; --usbip) USBIP=1; shift;;
    --timeout) TMO=$2; shift 2;; --mem) MEM=$2; shift 2;; --cpus) CPUS=$2; shift 2;;
    --timing) TIMING=1; shift;; --console) CONSOLE=$2; shift 2;;
    -h|--help) usage; exit 0;; *) usage >&2; die "unknown option $1";;
  esac
done
setup
[ -n "$SETUP_ONLY" ] && exit 0
[ $SHELLMODE = 1 ] || [ ${#CMD[@]} -gt 0 ] || { usage >&2; exit 125; }

# ---------------------------------------------------------------- the run ----
RUN=$(mktemp -d /tmp/hall-lab.XXXXXX)
cleanup() { rm -rf "$RUN"; }; trap cleanup EXIT
mkdir "$RUN/job"
MODULES="uhid hid-generic"
[ -z "$SERIAL" ] || MODULES+=" xhci-pci usbserial ftdi_sio"
[ -z "$USBIP" ] || MODULES+=" usbhid usblp cdc-acm ch341 cp210x pl2303 ftdi_sio vhci-hcd"
printf 'WORKDIR=%q\nSHELLMODE=%q\nMODULES=%q\n' "$PWD" "$SHELLMODE" "$MODULES" >"$RUN/job/spec"
{ for v in PATH HOME LANG USER CI TERM NODE_OPTIONS FORCE_COLOR NO_COLOR; do
    [ -n "${!v+x}" ] && printf "export %s=%q\n" "$v" "${!v}"; done
  echo "export HALL_LAB=1"; } >"$RUN/job/env"
# quote for any POSIX sh (not %q, whose $'..' dash does not know)
q() { local s; for s in "$@"; do printf " '%s'" "${s//\'/\'\\\'\'}"; done; }
[ ${#CMD[@]} -gt 0 ] && { printf 'exec'; q "${CMD[@]}"; echo; } >"$RUN/job/cmd"

A=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -nic none
   -M pc,usb=off,vmport=off -m "$MEM" -smp "$CPUS" -rtc base=utc -sandbox on,spawn=deny
   -kernel "$CACHE/vmlinux" -initrd "$CACHE/initrd")
# KVM only with hardware virtualisation. A /dev/kvm of kvm_pvm (see lsmod) cannot run an
# unmodified kernel: it emulates ring 0 and stops at cmpxchg16b. TCG then: no KVM needed at all.
ACCEL=${HALL_LAB_ACCEL-}
[ -n "$ACCEL" ] || { if [ -w /dev/kvm ] && { [ -d /sys/module/kvm_amd ] || [ -d /sys/module/kvm_intel ]; }; then ACCEL=kvm; else ACCEL=tcg; fi; }
if [ "$ACCEL" = kvm ]; then A+=(-enable-kvm -cpu "${HALL_LAB_CPU:-host}"); else A+=(-accel tcg,thread=multi,tb-size=256 -cpu "${HALL_LAB_CPU:-max,-la57,-pku}"); fi
[ -f /usr/share/qemu/qboot.rom ] && [ -z "${HALL_LAB_SEABIOS-}" ] && A+=(-bios qboot.rom)
LOGL=3; [ -n "$CONSOLE" ] && LOGL=7
A+=(-append "console=ttyS0 quiet loglevel=$LOGL panic=-1 mitigations=off random.trust_cpu=on no_timer_check tsc=reliable 8250.nr_uarts=1 cryptomgr.notests ${HALL_LAB_APPEND-}")
fs() { A+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$1,mount_tag=$1"); }
fs host / ,readonly=on; fs lab "$CACHE/guest" ,readonly=on; fs job "$RUN/job" ""
A+=(-device virtio-serial-pci,id=vs,max_ports=31)
mkfifo "$RUN/out" "$RUN/err" "$RUN/ctl"
port() { A+=(-add-fd "fd=$2,set=$2" -chardev "file,id=$1,path=/dev/fdset/$2,append=on" -device "virtserialport,bus=vs.0,chardev=$1,name=lab.$1"); }
port out 11; port err 12; port ctl 13
if [ $SHELLMODE = 1 ]; then A+=(-chardev stdio,id=con,signal=off -serial chardev:con)
else A+=(-chardev "file,id=con,path=${CONSOLE:-$RUN/console}" -serial chardev:con); fi
# QEMU's monitor for the guest itself (/dev/virtio-ports/lab.qmp)
A+=(-qmp "unix:$RUN/qmp,server=on,wait=off" -chardev "socket,id=gqmp,path=$RUN/qmp,reconnect=1"
    -device virtserialport,bus=vs.0,chardev=gqmp,name=lab.qmp)
if [ -n "$SERIAL" ]; then
  # 0001: the serial number of cheap adapters, which tells nothing apart
  A+=(-device qemu-xhci,id=xhci,p2=8,p3=8
      -chardev "socket,id=ser0,path=$RUN/ser0,server=on,wait=off"
      -chardev "socket,id=far0,path=$RUN/ser0,reconnect=1"
      -device "virtserialport,bus=vs.0,chardev=far0,name=lab.serial0"
      -device "usb-serial,chardev=ser0,id=usbserial0,bus=xhci.0,always-plugged=on,port=1,serial=0001")
fi
[ -n "${HALL_LAB_QEMU_ARGS-}" ] && A+=($HALL_LAB_QEMU_ARGS)

cat "$RUN/out" & C1=$!
cat "$RUN/err" >&2 & C2=$!
while IFS= read -r l; do printf '%s %s\n' "$EPOCHREALTIME" "$l"; done <"$RUN/ctl" >"$RUN/ctl.log" & C3=$!
TQ=$EPOCHREALTIME
if [ $SHELLMODE = 1 ]; then
  "${A[@]}" 11>"$RUN/out" 12>"$RUN/err" 13>"$RUN/ctl" && QRC=0 || QRC=$?
else
  # timeout is our child, QEMU is timeout's: both are ended through this pid only
  timeout -k 5 "$TMO" "${A[@]}" </dev/null 11>"$RUN/out" 12>"$RUN/err" 13>"$RUN/ctl" 2>"$RUN/qemu.err" & QP=$!
  trap 'kill -TERM $QP 2>/dev/null || :' INT TERM HUP
  while :; do wait $QP && QRC=0 || QRC=$?; kill -0 $QP 2>/dev/null || break; done
fi
wait $C1 $C2 $C3 || :
TE=$EPOCHREALTIME
RC=$(awk '$2=="exit"{print $3}' "$RUN/ctl.log")
if [ -n "$TIMING" ]; then
  awk -v t0="$T0" -v tq="$TQ" -v te="$TE" '
    $2=="mark"{g=g sprintf(" %s=%ss",$3,$4)} $2=="start"{s=$1} $2=="exit"{x=$1}
    END{printf "virtual-machine.sh: script->qemu %.2fs, qemu->command %.2fs, command %.2fs, power-off %.2fs, total %.2fs; guest uptime:%s\n",tq-t0,s-tq,x-s,te-x,te-t0,g}' "$RUN/ctl.log" >&2
fi
if [ -n "$RC" ]; then exit "$RC"; fi
[ "${QRC:-0}" = 124 ] && { echo "virtual-machine.sh: stopped after $TMO s" >&2; exit 124; }
[ $SHELLMODE = 1 ] && exit 0
echo "virtual-machine.sh: the VM ended without an exit code (qemu: $QRC)" >&2
cat "$RUN/qemu.err" >&2 || :; tail -n 15 "${CONSOLE:-$RUN/console}" >&2 2>/dev/null || :
exit 125
