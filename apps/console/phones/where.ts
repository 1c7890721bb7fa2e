import { ApiError, badRequest } from '../../../lib/api-error.ts';
import { isAddress, isLoopback } from '../../../lib/host.ts';
import type { Place } from '../place.ts';

/** More lines than these are no help to anybody. */
const MAX_URLS = 4;

/** Where phones may find the control room; what somebody in the room said goes before what the machine knows of itself. */
export interface Where {
  view(): { open: boolean; joinUrls: string[] };
  /** Returns the new addresses. Throws 409 when no phone can reach us, 400 for a name that we would not answer to. */
  say(host: string): string[];
}

export function createWhere(options: {
  place: Place;
  /** of this machine; asked each time, since a laptop changes its network */
  ownAddresses(): string[];
  /** the port it listens on */
  port(): number;
}): Where {
  const { place, ownAddresses, port } = options;
  let said: string | null = null;
  const hosts = () => [
    ...(said === null ? [] : [said]),
    ...(place.name === null ? [] : [place.name]),
    ...(place.addresses ?? ownAddresses()),
  ];
  const view = () => ({
    open: place.lan,
    joinUrls: place.lan
      ? [...new Set(hosts())].slice(0, MAX_URLS).map((host) => `http://${host}:${place.port ?? port()}/join`)
      : [],
  });
  return {
    view,
    say(host) {
      if (!place.lan) throw new ApiError(409, 'not_open', NOT_OPEN);
      said = readHost(host, place.name);
      return view().joinUrls;
    },
  };
}

function readHost(text: string, name: string | null): string {
  const bare = text.trim().toLowerCase();
  const host = isAddress(`[${bare}]`) ? `[${bare}]` : bare;
  if ((isAddress(host) && !isLoopback(host)) || host === name) return host;
  throw badRequest(
    'bad_host',
    `host: expected an address of this machine in the room's network, such as 192.168.1.7, got "${text}"; ` +
      'a name must be said at the start: npm start -- --lan --lan-name NAME, or LAN_NAME for docker compose',
  );
}

const NOT_OPEN =
  'only this machine reaches the control room: start with npm start -- --lan, or with LAN=0.0.0.0 docker compose up';
