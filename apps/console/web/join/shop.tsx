import { CartTable } from './cart-table.tsx';
import { Cart, Cross, GOODS_DRAWINGS, Hourglass } from './drawings.tsx';
import { Facts } from './facts.tsx';
import type { Phone } from './phone.ts';
import { GOODS, nameOf, rowsOf } from './rows.ts';
import { VoteResult } from './vote.tsx';
import { type Banner, bannerOf } from './words.ts';

/** The shop: what became of the cart, the goods, both sides of the cart, the facts. */
export function Shop({ phone, now, onVote }: { phone: Phone; now: number; onVote(): void }) {
  const { visit, told } = phone;
  if (visit === null)
    return <p class="ask">{told === null ? 'Asking the control room…' : 'There is no shop now.'}</p>;
  const { ledger, trouble, waiting } = visit;
  const { asleepSince } = phone;
  // What is under way is not of unknown fate yet.
  const settled = { ...ledger, open: ledger.open.filter(({ key }) => key !== waiting?.op.key) };
  const banner = bannerOf({ ledger, trouble, waiting, deaths: told?.deaths ?? [], asleepSince, now });
  const vote = told?.vote ?? null;
  return (
    <div class="shop">
      <BannerBox banner={banner} canLook={trouble !== null && waiting === null} phone={phone} />
      <section class="goods" aria-label="Goods">
        {GOODS.map((sku) => (
          <button
            type="button"
            key={sku}
            aria-label={`Add ${sku}`}
            onClick={() => phone.wish({ kind: 'add', sku })}
          >
            {GOODS_DRAWINGS[sku]}
            <em aria-hidden="true">+</em>
            <span>{nameOf(sku)}</span>
          </button>
        ))}
      </section>
      <CartTable phone={phone} rows={rowsOf(settled)} isBroken={ledger.loss !== null} />
      <aside>
        {vote !== null && <VoteResult phone={phone} vote={vote} onVote={onVote} />}
        <Facts visit={visit} phone={phone} now={now} />
      </aside>
    </div>
  );
}

function BannerBox({ banner, canLook, phone }: { banner: Banner; canLook: boolean; phone: Phone }) {
  const { mood, headline, reason } = banner;
  return (
    <section class="why" data-mood={mood}>
      <div role="status">
        <h2>
          {mood === 'error' ? (
            <Cross />
          ) : mood === 'waiting' ? (
            <Hourglass />
          ) : (
            <Cart broken={mood === 'broken'} />
          )}
          {headline}
        </h2>
        <p>{reason}</p>
      </div>
      {canLook && (
        <button type="button" onClick={() => phone.wish({ kind: 'look' })}>
          Ask what is in my cart
        </button>
      )}
    </section>
  );
}
