import type { ClusterState } from '../../contract.ts';
import { Qr } from './qr.tsx';

/** Where phones find us; null = they cannot. A page that was opened by its address on the network knows it too. */
export function joinUrl(
  state: ClusterState | null,
  page: Pick<Location, 'origin' | 'hostname'>,
): string | null {
  if (!state?.phones.open) return null;
  const [told] = state.phones.joinUrls;
  if (told !== undefined) return told;
  return LOOPBACK.includes(page.hostname) ? null : `${page.origin}/join`;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** "10.0.0.7:8090" and "/join" */
export function shortUrl(url: string): { host: string; path: string } {
  const { host, pathname } = new URL(url);
  return { host, path: pathname };
}

/** The QR code beside the time line. */
export function JoinCorner({ url }: { url: string }) {
  const { host, path } = shortUrl(url);
  return (
    <aside class="join" aria-label="Join with a phone">
      <Qr text={url} label={`QR code: ${url}`} />
      <p>
        Shop with us
        <b>{host}</b>
        <b>{path}</b>
      </p>
    </aside>
  );
}

/** The whole screen for the back row: a QR code as large as it gets, and the address to type. */
export function JoinScreen({ url, students }: { url: string | null; students: number }) {
  if (url === null) {
    return (
      <section class="join-screen closed" aria-label="Join with a phone">
        <h2>Phones cannot join</h2>
        <p>The cluster was started for this machine only.</p>
      </section>
    );
  }
  const { host, path } = shortUrl(url);
  return (
    <section class="join-screen" aria-label="Join with a phone">
      <Qr text={url} label={`QR code: ${url}`} />
      <div>
        <h2>Shop with us</h2>
        <p class="address">
          {host}
          <wbr />
          {path}
        </p>
        <p>Same Wi-Fi, no app, no account, no name of your own.</p>
        <p class="count">{students === 0 ? 'Nobody is here yet' : `${students} of you are here`}</p>
      </div>
    </section>
  );
}
