import type { NetworkInterfaceInfo } from 'node:os';

/** Bridges and tunnels of this machine, which a phone in the room cannot reach. */
const VIRTUAL =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|wg|tailscale|zt|lxc|lxd|podman|cni|flannel)/;
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)/;
/** Of a network that gave no address. */
const LINK_LOCAL = /^169\.254\./;

/**
 * The addresses (version 4) at which others in the room may find this machine, best first. Takes what
 * `os.networkInterfaces()` gives.
 */
export function ownAddresses(interfaces: Record<string, NetworkInterfaceInfo[] | undefined>): string[] {
  const found = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos
      .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !LINK_LOCAL.test(address))
      .map(({ address }) => ({ address, rank: rankOf(name, address) })),
  );
  // The sort is stable: among equals the order of the system stays.
  return found.sort((a, b) => a.rank - b.rank).map(({ address }) => address);
}

function rankOf(name: string, address: string): number {
  if (VIRTUAL.test(name)) return 2;
  return PRIVATE.test(address) ? 0 : 1;
}
