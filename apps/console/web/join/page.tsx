import { useState } from 'preact/hooks';
import { Mark } from './drawings.tsx';
import { Names } from './names.tsx';
import type { Phone } from './phone.ts';
import { piecesOf } from './rows.ts';
import { Shop } from './shop.tsx';
import { VoteScreen } from './vote.tsx';
import { clock, items } from './words.ts';

/** One of three screens: who are you, what do you predict, the shop. `now` in wall clock ms. */
export function Page({ phone, now }: { phone: Phone; now: number }) {
  /** the vote from which the student went on to shop */
  const [left, setLeft] = useState<string | null>(null);
  const { me } = phone.memory;
  const vote = phone.told?.vote ?? null;
  const voting = me !== null && vote?.open === true && left !== vote.id;
  return (
    <>
      <header>
        <Mark size={30} />
        <h1>{me?.name ?? 'Cartwreck'}</h1>
        <p>{corner(phone, voting)}</p>
      </header>
      <Strips phone={phone} />
      <main>
        {me === null ? (
          <Names phone={phone} />
        ) : voting ? (
          <VoteScreen phone={phone} vote={vote} onLeave={() => setLeft(vote.id)} />
        ) : (
          <Shop phone={phone} now={now} onVote={() => setLeft(null)} />
        )}
      </main>
    </>
  );
}

function corner(phone: Phone, voting: boolean): string {
  if (phone.memory.me === null) return phone.names === null ? '' : peopleText(phone.names.students);
  if (voting) return 'Predict';
  const { visit } = phone;
  if (visit === null) return '';
  const { sheet, mine, loss } = visit.ledger;
  if (sheet.broken > 0) return `broken ${sheet.broken}×`;
  return mine.length > 0 && loss === null ? `${items(piecesOf(mine))}, all there` : '';
}

const peopleText = (count: number): string =>
  count === 0 ? 'you are the first' : count === 1 ? '1 of you is in' : `${count} of you are in`;

/** What is not about the cart: who is silent, what just happened. Read out when it changes. */
function Strips({ phone }: { phone: Phone }) {
  const { lostAt, note, told } = phone;
  return (
    <div class="strips" role="status">
      {lostAt !== null && (
        <p>
          The control room does not answer since {clock(lostAt)}. Your shopping goes on; votes cannot be sent.
        </p>
      )}
      {told !== null && told.shopPort === null && (
        <p>This is a recording: there is no shop to put things into. You can vote.</p>
      )}
      {note !== '' && <p>{note}</p>}
    </div>
  );
}
