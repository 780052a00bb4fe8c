import type { Obstacle, PassedOver, Placement, Waiting } from './placement.ts';

/** Why a part went to its node, in one line. */
export function describePlacement({ turnAmong, hasFiles, isProbe, passedOver }: Placement): string {
  const turn =
    turnAmong === null
      ? 'chosen by the user'
      : `its turn among ${listed(turnAmong, ({ node, weight }) => `${node} ${weight}`)}`;
  const files = hasFiles ? ', and it has the files at hand' : '';
  const probe = isProbe ? '; tries whether it can leave quarantine' : '';
  return `${turn}${files}${probe}${aside(passedOver)}`;
}

/** Why a part waits, in one line. */
export function describeWaiting(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'no-node': {
      const whom = waiting.chosen ? 'the chosen node cannot take it' : 'no node can take it';
      return `${whom} (${waiting.capability})${aside(waiting.passedOver)}`;
    }
    case 'all-busy':
      return `every node that can take it is busy${aside(waiting.passedOver)}`;
    case 'tasks-at-once':
      return `your group runs at most ${waiting.most} of your tasks at once`;
    case 'other-parts':
      return 'it joins what the other parts make';
    default:
      throw new RangeError(waiting satisfies never);
  }
}

const aside = (passedOver: PassedOver): string =>
  passedOver.named.length === 0
    ? ''
    : `; passed over ${listed(passedOver, ({ node, obstacle }) => `${node}: ${describeObstacle(obstacle)}`)}`;

const listed = <Item>(
  { named, more }: { named: Item[]; more: number },
  text: (item: Item) => string,
): string => `${named.map(text).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;

const plain = {
  'not-chosen': 'not the chosen node',
  'not-for-group': 'not for your group',
  disabled: 'disabled',
  draining: 'draining',
  stopping: 'stopping',
  quarantined: 'quarantined',
  'failed-before': 'failed this before',
  busy: 'busy',
} as const;

function describeObstacle(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'cannot':
      return `cannot ${obstacle.capability}`;
    case 'not-online':
      return obstacle.code === null ? obstacle.health : `${obstacle.health}, ${obstacle.code}`;
    case 'unreachable':
      return `unreachable, ${obstacle.code}`;
    case 'no-space': {
      const { leftBytes, neededBytes } = obstacle;
      return `${mebibytes(leftBytes)} of temporary space left, ${mebibytes(neededBytes)} needed`;
    }
    default:
      return plain[obstacle.kind];
  }
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;
