import type { FaultName } from '../../agent/contract.ts';
import type { Teller } from './caption-fault.ts';
import { many } from './words.ts';

type ClientFault = Extract<FaultName, `client.${string}`>;

/** What the shoppers do themselves. */
export const clientSentences: Record<ClientFault, Teller> = {
  'client.ip-change': told('New addresses', 'The hash sends them to other replicas.'),
  'client.shared-nat': told('One router for all', 'The hash sends all to the same replica.'),
  'client.whale': told('The whale', null),
};

/** Only a rule that looks at addresses cares for them. */
function told(deed: string, byAddress: string | null): Teller {
  return ({ settings }, { carts, broken }) => {
    if (carts === 0) return [`${deed} broke no cart: nobody was shopping.`];
    const fact = `${deed} broke ${broken} of ${many(carts, 'cart')}`;
    const isHashed = settings?.affinity === 'ip-hash';
    if (broken > 0 && isHashed && byAddress !== null) return [`${fact}. ${byAddress}`, `${fact}.`];
    return broken === 0 && settings !== null && !isHashed && byAddress !== null
      ? [`${fact}. The proxy does not look at addresses.`, `${fact}.`]
      : [`${fact}.`];
  };
}
