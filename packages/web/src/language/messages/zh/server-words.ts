import type { AttemptEventKind, Capability, Evidence, NodeHealth, Obstacle } from '@longshore/protocol';
import type { ServerWords } from '../../server-words.ts';
import { zhErrors } from './errors.ts';

type PlainObstacle = Exclude<Obstacle['kind'], 'cannot' | 'not-online' | 'unreachable' | 'no-space'>;

const obstacles: Record<PlainObstacle, string> = {
  'not-chosen': '不是指定的节点',
  'not-for-group': '不为您的用户组工作',
  disabled: '已停用',
  draining: '排空中',
  stopping: '正在停止',
  quarantined: '已隔离',
  'failed-before': '曾在此任务上失败',
  busy: '忙',
};

const capabilities: Record<Capability, string> = {
  'create-archive': '压缩',
  'extract-archive': '解压',
  'join-archive': '分担压缩',
  'remote-download': '下载',
  'store-files': '存储文件',
  check: '检查',
};

const healths: Record<NodeHealth, string> = {
  online: '在线',
  suspect: '迟缓',
  offline: '离线',
  'never-seen': '尚未连接',
};

function obstacleText(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'cannot':
      return `不能${capabilities[obstacle.capability]}`;
    case 'not-online':
      return [healths[obstacle.health], obstacle.code].filter(Boolean).join('，');
    case 'unreachable':
      return `无法访问，${obstacle.code}`;
    case 'no-space':
      return `临时空间剩余 ${mebibytes(obstacle.leftBytes)}，需要 ${mebibytes(obstacle.neededBytes)}`;
    default:
      return obstacles[obstacle.kind];
  }
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;
const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

type Some<Item> = { named: readonly Item[]; more: number };

const listed = <Item>({ named, more }: Some<Item>, text: (item: Item) => string): string =>
  `${named.map(text).join('、')}${more > 0 ? `等，另有 ${more} 个` : ''}`;

const aside = (passedOver: Some<{ node: string; obstacle: Obstacle }>): string =>
  passedOver.named.length === 0
    ? ''
    : `；未选用：${listed(passedOver, ({ node, obstacle }) => `${node}（${obstacleText(obstacle)}）`)}`;

const events: Record<AttemptEventKind, string> = {
  try: '第 {try} 次执行',
  'try-failed': '第 {try} 次执行失败，{delaySeconds} 秒后重试',
  completed: '完成',
  failed: '失败',
  canceled: '已取消',
  lost: '失去联系',
  returned: '已退回',
  undelivered: '未送达',
};

type PlainEvidence =
  | 'same-major-version'
  | 'knows-key'
  | 'plain-http'
  | 'earlier-step-failed'
  | 'no-secret'
  | 'reached-through-master'
  | 'stores-no-files';

const evidence: Record<PlainEvidence, string> = {
  'same-major-version': '协议主版本相同',
  'knows-key': '认识该密钥',
  'plain-http': '地址为 http：传输有签名，但未加密',
  'earlier-step-failed': '之前的步骤失败',
  'no-secret': '没有提供用于通信的密钥',
  'reached-through-master': '浏览器通过主节点访问此节点',
  'stores-no-files': '节点不存储文件，浏览器不与其交换数据',
};

function evidenceText(seen: Evidence): string {
  switch (seen.kind) {
    case 'is-address':
      return `${seen.host} 本身就是地址，无需解析`;
    case 'resolved':
      return `${seen.host} 解析为 ${seen.addresses.join('、')}`;
    case 'connected':
      return [
        `${seen.address}，端口 ${seen.port}`,
        ...seen.others.map(({ address, answers, code }) =>
          answers ? `${address} 也有应答` : `${address} 没有应答${code === null ? '' : `（${code}）`}`,
        ),
      ].join('；');
    case 'encrypted':
      return `${seen.protocol}，${seen.issuer} 签发给 ${seen.subject} 的证书，有效期至 ${seen.validUntil}`;
    case 'answers':
      return seen.version === null ? '应答的是 Longshore 从节点' : `应答的是 Longshore ${seen.version}`;
    case 'versions': {
      const { master, slave } = seen;
      return `主节点：${master.protocol}（Longshore ${master.version}），从节点：${slave.protocol}（Longshore ${slave.version}）`;
    }
    case 'signed':
      return `双向签名有效，密钥 ${seen.keyId}`;
    case 'clock':
      return `节点的时钟${seen.skewMs < 0 ? '慢' : '快'} ${Math.abs(seen.skewMs)} 毫秒`;
    case 'called-back':
      return seen.knowsKey
        ? `${seen.url}：主节点已应答`
        : `${seen.url}：主节点已应答，保存节点后会认识该密钥`;
    case 'temp': {
      const { path, freeBytes, totalBytes } = seen;
      const written = path === null ? '临时文件夹可读写' : `${path} 可读写`;
      if (freeBytes === null || totalBytes === null) return written;
      return `${written}，剩余 ${gibibytes(freeBytes)}，共 ${gibibytes(totalBytes)}`;
    }
    case 'cors-allowed':
      return `${seen.origin} 的网页可以使用 ${seen.url}`;
    default:
      return evidence[seen.kind];
  }
}

export const zhServerWords: ServerWords = {
  errors: zhErrors,
  title: ({ kind, request }) => {
    const { sources, source, destination, node } = request;
    switch (kind) {
      case 'check':
        return typeof node === 'string' ? `检查 ${node}` : '检查';
      case 'extract-archive':
        return `${source} → ${destination}`;
      case 'create-archive': {
        if (!Array.isArray(sources)) return null;
        const more = sources.length > 1 ? ` 等 ${sources.length} 项` : '';
        return `${sources[0]}${more} → ${destination}`;
      }
      default:
        return null;
    }
  },
  placement: ({ turnAmong, hasFiles, isProbe, passedOver }) => {
    const turn =
      turnAmong === null
        ? '由用户指定'
        : `轮到它，参与者：${listed(turnAmong, ({ node, weight }) => `${node} ${weight}`)}`;
    const files = hasFiles ? '，且文件就在本机' : '';
    const probe = isProbe ? '；试探能否解除隔离' : '';
    return `${turn}${files}${probe}${aside(passedOver)}`;
  },
  waiting: (waiting) => {
    switch (waiting.kind) {
      case 'no-node': {
        const whom = waiting.chosen ? '指定的节点无法接手' : '没有节点可以接手';
        return `${whom}（${capabilities[waiting.capability]}）${aside(waiting.passedOver)}`;
      }
      case 'all-busy':
        return `可接手的节点都在忙${aside(waiting.passedOver)}`;
      case 'other-parts':
        return '其他部分完成后才会合并';
      default:
        return `您的用户组最多同时运行 ${waiting.most} 个任务`;
    }
  },
  event: (event) =>
    event.kind === null
      ? null
      : events[event.kind]
          .replace('{try}', String(event.try))
          .replace('{delaySeconds}', String(event.delaySeconds)),
  evidence: evidenceText,
};
