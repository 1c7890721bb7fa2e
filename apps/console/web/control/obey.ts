import { DROP_VOTE } from '../shared/api.ts';
import { view } from '../shared/view.ts';
import { actionsAt, type Desk } from './act.ts';
import type { Order } from './keys.ts';
import { deedOf } from './orders.ts';
import { nextStep, TEMPLATES } from './vote-steps.ts';

/** Does what a key orders; a recording takes only orders that change what is shown. */
export function obey(desk: Desk, order: Order, index: number): void {
  const { page, change } = desk;
  const act = actionsAt(desk);
  const { vote, impact } = page.model.state?.scene ?? { vote: null, impact: null };
  if (order === 'help') return change({ help: !page.help });
  if (order === 'pause') return act.pause();
  if (order === 'blank') return act.blank();
  if (page.model.state?.recording) return;
  if (order === 'back') return void (vote && act.run(DROP_VOTE));
  if (order === 'next') {
    const template = TEMPLATES[page.question];
    const step = template ? nextStep(vote, template, impact) : null;
    return step === null ? act.say('Say which option came true.') : void act.run(step);
  }
  const deed = deedOf(order, index, view(page.model, Date.now()));
  if (deed === null) return;
  if ('why' in deed) return act.say(deed.why);
  void ('call' in deed ? act.run(deed.call) : act.switchTo(deed.switch, deed.value));
}
