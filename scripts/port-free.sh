#!/usr/bin/env bash
# Says whether somebody listens on a port of this machine already: scripts/port-free.sh 8000
set -euo pipefail
port=${1:?which port}
if ! [[ $port =~ ^[0-9]{1,5}$ ]] || [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
    echo "PORT=$port is not a port number (1 to 65535)." >&2
    exit 1
fi
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "Port $port of 127.0.0.1 is in use. Stop what runs there, or choose another one: make demo PORT=$((port % 65535 + 1))" >&2
    exit 1
fi
