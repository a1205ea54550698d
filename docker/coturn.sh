#!/bin/sh
# Adds the environment's values to turnserver.conf, and runs coturn. The secret is in a file that only this user can read:
# every process of the machine could read an argument.
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
    # Behind a NAT, coturn maps a peer's public address to the private one before it checks whether that is allowed.
    echo "external-ip=$PUBLIC_IP/$SERVER_IP"
    echo "allowed-peer-ip=$SERVER_IP"
  fi
} >"$complete"
exec turnserver -c "$complete" "$@"
