import type { Phone } from './phone.ts';
import { nameOf, type Row } from './rows.ts';
import { items, total } from './words.ts';

/** Both sides of the cart: what the student did, and what the shop says it has. */
export function CartTable({ phone, rows, isBroken }: { phone: Phone; rows: Row[]; isBroken: boolean }) {
  const isWrong = rows.some(({ gone, extra }) => gone > 0 || extra > 0);
  return (
    <section class="cart" aria-busy={phone.visit?.waiting != null}>
      <table>
        <caption class="vh">Your cart, as you filled it and as the shop has it</caption>
        <thead>
          <tr>
            <th scope="col">You put in</th>
            <th scope="col">The shop says</th>
            <th scope="col">
              <span class="vh">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 && (
            <tr>
              <td class="none" colSpan={3}>
                Nothing yet.
              </td>
            </tr>
          )}
          {rows.map((row) => (
            <CartRow key={row.sku} row={row} phone={phone} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td>{items(total(rows, 'put'))}</td>
            <td class={isWrong ? 'wrong' : ''}>{items(total(rows, 'says'))}</td>
            <td />
          </tr>
        </tfoot>
      </table>
      <div class="ends">
        <button
          type="button"
          class={isBroken ? '' : 'primary'}
          onClick={() => phone.wish({ kind: 'checkout' })}
        >
          Check out
        </button>
        <button type="button" class={isBroken ? 'primary' : ''} onClick={() => phone.wish({ kind: 'begin' })}>
          New cart
        </button>
      </div>
    </section>
  );
}

function CartRow({ row, phone }: { row: Row; phone: Phone }) {
  const { sku, put, gone, extra, unknown, newest } = row;
  const name = nameOf(sku);
  return (
    <tr class={gone > 0 || extra > 0 ? 'bad' : ''}>
      <td class={put === 0 ? 'none' : ''}>
        {put === 0 ? (unknown > 0 ? name : 'nothing') : `${name} ×\u00a0${put}`}
        {unknown > 0 && <small>{unknown} unknown</small>}
      </td>
      <td class={gone > 0 || extra > 0 ? 'wrong' : ''}>
        <Says row={row} />
      </td>
      <td class="end">
        {newest !== null && (
          <button
            type="button"
            aria-label={`Remove one ${sku}`}
            onClick={() => phone.wish({ kind: 'remove', sku })}
          >
            −
          </button>
        )}
      </td>
    </tr>
  );
}

function Says({ row: { sku, says, gone, extra } }: { row: Row }) {
  const name = nameOf(sku);
  const shown = says === 0 ? null : `${name} ×\u00a0${says}`;
  if (gone > 0)
    return (
      <>
        {shown ?? <s>{name}</s>} <small>{shown === null ? 'gone' : `${gone} gone`}</small>
      </>
    );
  return (
    <>
      {shown ?? 'nothing'}
      {extra > 0 && <small>{extra} not from you</small>}
    </>
  );
}
