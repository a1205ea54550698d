#!/bin/sh
# Completes turnserver.conf by the environment, and becomes coturn. The secret goes through a file that only this user can read:
# as an argument, every process of the machine could.
set -eu
: "${TURN_SECRET:?}" "${TURN_REALM:?}" "${PUBLIC_IP:?}" "${SERVER_IP:?}"

umask 077
complete="${TMPDIR:-/tmp}/turnserver.conf"
{
  cat "${TURN_CONFIG:-/etc/ringline/turnserver.conf}"
  echo
  echo "realm=$TURN_REALM"
  echo "static-auth-secret=$TURN_SECRET"
  echo "listening-ip=$SERVER_IP"
  echo "relay-ip=$SERVER_IP"
  echo "allowed-peer-ip=$PUBLIC_IP"
  if [ "$SERVER_IP" != "$PUBLIC_IP" ]; then
    # Behind a NAT, coturn takes the public address of a peer for its own one before it looks whether that is allowed.
    echo "external-ip=$PUBLIC_IP/$SERVER_IP"
    echo "allowed-peer-ip=$SERVER_IP"
  fi
} >"$complete"
exec turnserver -c "$complete" "$@"
