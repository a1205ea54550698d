import type { ParticipantQuality, RinglineCall } from '@ringline/client';
import { formatDuration } from './call-text.ts';
import type { Directory } from './directory.ts';
import { element, setText } from './element.ts';
import { icon } from './icon.ts';
import { describeSummary } from './quality-text.ts';

/** When a call ends, its last samples are still to come. */
const FETCH_AFTER_MS = [1_000, 3_000, 5_000] as const;
const STARS = [1, 2, 3, 4, 5] as const;

/** After a call: the measured quality, and a rating. */
export interface CallReview {
  readonly view: HTMLElement;
  show(call: RinglineCall): void;
  hide(): void;
}

function createRows({ me, nameOf }: Directory, { userId, send, receive }: ParticipantQuality) {
  const [you, they] = [userId === me.id, nameOf(userId)];
  const row = (what: string, quality: string) =>
    element('li', {}, element('strong', {}, what), ` ${quality}`);
  return [
    receive &&
      row(you ? 'You heard the others:' : `${they} heard the others:`, describeSummary(receive)),
    send && row(you ? 'You were heard:' : `${they} was heard:`, describeSummary(send)),
  ].filter((one) => one !== null);
}

function createStars() {
  return STARS.map((stars) => {
    const label = `${stars} ${stars === 1 ? 'star' : 'stars'}`;
    return element(
      'label',
      { class: 'star', title: label, 'data-testid': `star-${stars}` },
      element('input', { type: 'radio', name: 'stars', value: String(stars), required: true }),
      icon('star'),
      element('span', { class: 'unseen' }, label),
    );
  });
}

/** `rate` gets the number of stars, and its rejection goes to `onFailure`. */
function createRatingForm(
  rate: (stars: number) => Promise<void>,
  onFailure: (error: unknown) => void,
): HTMLFormElement {
  const form: HTMLFormElement = element(
    'form',
    {
      submit: (event) => {
        event.preventDefault();
        rate(Number(new FormData(form).get('stars'))).catch(onFailure);
      },
    },
    element('fieldset', { class: 'stars' }, element('legend', {}, 'How was it?'), ...createStars()),
    element('button', { class: 'quiet', 'data-testid': 'rate' }, 'Send'),
  );
  return form;
}

export function createCallReview(
  directory: Directory,
  onFailure: (error: unknown) => void,
): CallReview {
  let shown: RinglineCall | null = null;
  const title = element('h2', { id: 'review-title' });
  const rows = element('ul', { class: 'faint', 'data-testid': 'review-summary' });
  const thanks = element('p', { role: 'status', 'data-testid': 'review-thanks', tabindex: '-1' });

  const rate = async (stars: number) => {
    await shown?.rate(stars);
    form.hidden = true;
    setText(thanks, `Thank you for ${stars} of 5 stars.`);
    thanks.focus();
  };
  const form = createRatingForm(rate, onFailure);

  const hide = () => {
    shown = null;
    view.hidden = true;
  };
  const view = element(
    'section',
    {
      class: 'card review',
      'data-testid': 'review',
      'aria-labelledby': 'review-title',
      hidden: true,
    },
    title,
    rows,
    form,
    thanks,
    element(
      'button',
      {
        type: 'button',
        class: 'small close',
        'data-testid': 'review-close',
        'aria-label': 'Close this review',
        click: hide,
      },
      icon('remove'),
    ),
  );

  const fetchSummary = async (call: RinglineCall) => {
    const participants = await call.qualitySummary();
    if (call !== shown) return;
    const mineFirst = participants.toSorted(
      (a, b) => Number(b.userId === directory.me.id) - Number(a.userId === directory.me.id),
    );
    rows.replaceChildren(...mineFirst.flatMap((one) => createRows(directory, one)));
  };

  return {
    view,
    hide,
    show: (call) => {
      shown = call;
      const names = directory.namesOf(call.others.map(({ userId }) => userId));
      const { durationSeconds } = call.me;
      setText(
        title,
        `Your call with ${names}${durationSeconds > 0 ? `, ${formatDuration(durationSeconds)}` : ''}`,
      );
      rows.replaceChildren();
      form.reset();
      form.hidden = false;
      setText(thanks, '');
      view.hidden = false;
      for (const after of FETCH_AFTER_MS) {
        setTimeout(() => {
          if (call === shown) fetchSummary(call).catch(onFailure);
        }, after);
      }
    },
  };
}
