import type { Phone } from './phone.ts';
import { sheetText } from './sheet.ts';
import type { Visit } from './visit.ts';
import { items, placeText } from './words.ts';

const COOKIE_BYTES_MAX = 4096;

/** Who answered, where the session lives, and the student's own sheet. `now` in wall clock ms. */
export function Facts({ visit, phone, now }: { visit: Visit; phone: Phone; now: number }) {
  const { seen, sheet } = visit.ledger;
  const number = /\d+$/.exec(seen?.replica ?? '')?.[0];
  return (
    <>
      <dl class="facts">
        <div>
          <dt>Answered by</dt>
          <dd>
            {seen === null || number === undefined ? (
              'nobody yet'
            ) : (
              <>
                <span class={`badge r${number}`} aria-hidden="true">
                  {number}
                </span>
                {seen.replica}, life {seen.boot.split('#').at(-1)}
              </>
            )}
          </dd>
        </div>
        {seen !== null && (
          <div>
            <dt>Your session lives in</dt>
            <dd>{placeText(seen)}</dd>
          </div>
        )}
        {phone.told?.sessions && (
          <div>
            <dt>New sessions live in</dt>
            <dd>{phone.told.sessions}</dd>
          </div>
        )}
        {seen?.cookieBytes != null && (
          <div>
            <dt>Your cookie weighs</dt>
            <dd>
              {seen.cookieBytes} of {COOKIE_BYTES_MAX} bytes
            </dd>
          </div>
        )}
        <div>
          <dt>So far</dt>
          <dd>{sheetText(sheet, now)}</dd>
        </div>
        <div>
          <dt>Put in so far</dt>
          <dd>
            {items(sheet.added)}, {sheet.orders === 1 ? '1 order' : `${sheet.orders} orders`}
          </dd>
        </div>
      </dl>
      <button type="button" class="quiet" onClick={() => phone.leave()}>
        Take another name
      </button>
    </>
  );
}
