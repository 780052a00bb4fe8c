import { fileURLToPath } from 'node:url';
import {
  BlobId,
  type Hello,
  type ListArchive,
  NodeId,
  type NodeVitals,
  type ServerEvent,
  type UnsavedNode,
  UserId,
} from '@longshore/protocol';
import {
  type Closers,
  createClientAddress,
  createClosers,
  createPeerClient,
  type Logger,
  listen,
  lockDataDirectory,
  signedRequests,
  systemClock,
} from '@longshore/runtime';
import { createAccounts } from './accounts/accounts.ts';
import { authenticate } from './accounts/authenticate.ts';
import { ensureFirstAdmin } from './accounts/ensure-first-admin.ts';
import { masterChores } from './chores.ts';
import { type MasterConfig, masterUrls } from './config.ts';
import { openDatabase } from './database/open-database.ts';
import { createEventHub } from './events/event-hub.ts';
import { previewFile } from './files/preview-file.ts';
import { createUploadTurns } from './files/uploads/create-upload-turns.ts';
import { authenticateUser } from './http/authenticate-user.ts';
import { createApp } from './http/create-app.ts';
import { mountAccountRoutes } from './http/routes/account-routes.ts';
import { mountAdministrationRoutes } from './http/routes/administration-routes.ts';
import { mountApiDocs } from './http/routes/api-docs-routes.ts';
import { mountBlobRoutes } from './http/routes/blob-routes.ts';
import { mountConsoleRoutes } from './http/routes/console-routes.ts';
import { mountDownloadRoutes } from './http/routes/download-routes.ts';
import { mountEventRoutes } from './http/routes/event-routes.ts';
import { mountFileRoutes } from './http/routes/file-routes.ts';
import { mountHealthRoutes } from './http/routes/health-routes.ts';
import { mountHistoryRoutes } from './http/routes/history-routes.ts';
import { mountMetricsRoutes } from './http/routes/metrics-routes.ts';
import { mountNodeApiRoutes } from './http/routes/node-api-routes.ts';
import { mountNodeRoutes } from './http/routes/node-routes.ts';
import { mountOidcRoutes } from './http/routes/oidc-routes.ts';
import { mountPasskeyRoutes } from './http/routes/passkey-routes.ts';
import { mountPreviewRoutes } from './http/routes/preview-routes.ts';
import { mountTaskRoutes } from './http/routes/task-routes.ts';
import { mountUploadRoutes } from './http/routes/upload-routes.ts';
import { mountZipRoutes } from './http/routes/zip-routes.ts';
import { openDialect, openIdentityProvider } from './load-when-needed.ts';
import { startMaintenance } from './maintenance.ts';
import { measureMaster } from './metrics/measure-master.ts';
import { createAdmitBoot } from './nodes/admit-boot.ts';
import { communicationTest } from './nodes/doctor/communication-test.ts';
import { registeredNode, unsavedNode } from './nodes/doctor/node-under-test.ts';
import { startEmbeddedNode } from './nodes/embedded-node.ts';
import { startGreeter } from './nodes/greet-nodes.ts';
import { createHeartbeatNews } from './nodes/heartbeat-news.ts';
import { type ListingCaller, listArchive } from './nodes/list-archive.ts';
import { createNodeAnnouncer } from './nodes/node-announcer.ts';
import { showNodeChoices } from './nodes/node-choices.ts';
import { createNodeClient } from './nodes/node-client.ts';
import { leaseDurationMs } from './nodes/node-health.ts';
import { findPeer } from './nodes/node-peers.ts';
import { receiveHeartbeat } from './nodes/receive-heartbeat.ts';
import { createNodeRegistry } from './nodes/registry.ts';
import { showNodeConfig } from './nodes/show-node-config.ts';
import { createStopAttempts } from './nodes/stop-attempts.ts';
import { createDeliveredMarks } from './scheduling/delivered-marks.ts';
import { createExplainGate } from './scheduling/explain-gate.ts';
import { hasAlternative } from './scheduling/has-alternative.ts';
import { createHearing } from './scheduling/hearing.ts';
import { createNodePresence } from './scheduling/node-presence.ts';
import { createOutputTickets } from './scheduling/output-tickets.ts';
import { startScheduler } from './scheduling/scheduler.ts';
import { loadMasterKey } from './secrets/load-master-key.ts';
import { deriveMasterKeys } from './secrets/master-keys.ts';
import { storageDrivers } from './storage/drivers.ts';
import { requireOwnStore } from './storage/require-own-store.ts';
import { createStores, localStoreId } from './storage/stores.ts';
import { recordAudit } from './store/audit/audit-rows.ts';
import { metaOnce, requireMasterKey } from './store/meta/meta-rows.ts';
import { findNode, type NodeRow, requireNode } from './store/nodes/node-rows.ts';
import { createNonceRows } from './store/nodes/nonce-rows.ts';
import type { ReportedPart } from './store/parts/report-rows.ts';
import { blobAccess, createAttemptSources } from './tasks/attempt-sources.ts';
import { createReadEntries } from './tasks/read-entries.ts';
import { receiveReports } from './tasks/receive-reports.ts';
import { createTaskAnnouncer } from './tasks/task-announcer.ts';
import { startTaskFollowUp } from './tasks/task-follow-up.ts';
import { createTasks } from './tasks/tasks.ts';

export type Master = {
  readonly url: string;
  /** The password of the first administrator when this start has made one, to be shown once. */
  readonly oneTimePassword: string | null;
  stop(): Promise<void>;
};

const consoleFolder = fileURLToPath(new URL('../../web/dist', import.meta.url));
const slaveProgram = fileURLToPath(new URL('../../slave/src/main.ts', import.meta.url));

/** Several times a minute, so that none is missed. */
const maxSignedBodyBytes = 64 * 1024 * 1024;

/** The whole master, wired. Resolves when it listens and its embedded node is being started. */
export async function startMaster(config: MasterConfig, log: Logger): Promise<Master> {
  const closers = createClosers((name, error) => log.error({ err: error, name }, 'closing failed'));
  try {
    return await open(config, log, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function open(config: MasterConfig, log: Logger, closers: Closers): Promise<Master> {
  const clock = systemClock;
  const { heartbeatMs, signatureTtlSeconds, maxSkewMs } = config;
  const leaseMs = leaseDurationMs(heartbeatMs);

  const lock = lockDataDirectory(config.dataPath);
  closers.add('data directory', () => lock.release());
  const keys = deriveMasterKeys(await loadMasterKey(config.masterKey, config.dataPath));
  const opened = await openDatabase(await openDialect(config.database, { clock, log }));
  closers.add('database', () => opened.close());
  const { metrics, meter, database, stop } = measureMaster({ database: opened, heartbeatMs, clock, log });
  closers.add('metrics', stop);
  const { db } = database;
  await requireMasterKey(db, keys.fingerprint);
  await requireOwnStore(db, config.dataPath);
  const masterId = await metaOnce(db, 'installation', crypto.randomUUID());

  const stores = createStores(
    new Map([[localStoreId, await storageDrivers.local({ type: 'local', root: config.dataPath }, clock)]]),
    localStoreId,
  );
  const accounts = createAccounts({ database, clock, keys });
  const firstAdmin = await ensureFirstAdmin(accounts, config.adminPassword ?? null);

  // Known once the server listens; nothing asks for it before.
  let urls: ReturnType<typeof masterUrls> = { slaves: [], embedded: [] };
  const publicUrl = (): string => config.publicUrl ?? urls.embedded[0] ?? '';
  const hub = await createEventHub({
    database,
    postgresUrl: config.database.type === 'postgres' ? config.database.url : null,
    log,
  });
  const tell = (userId: UserId | null, event: ServerEvent): void => {
    hub.publish(userId, event).catch((err: unknown) => log.warn({ err }, 'event not told'));
  };
  const filesChanged = (userId: string, path: string): void => {
    tell(UserId.parse(userId), { type: 'files', path });
  };
  const nodeAnnouncer = createNodeAnnouncer({
    read: (nodeIds) => registry.list(nodeIds),
    tell: (node) => tell(null, { type: 'node', node }),
    onError: (err) => log.warn({ err }, 'nodes not told'),
  });
  closers.add('node announcements', () => nodeAnnouncer.stop());
  const nodeChanged = nodeAnnouncer.changed;

  const peers = createPeerClient({ clock, signatureTtlSeconds });
  closers.add('connections to nodes', () => peers.close());
  const client = createNodeClient(peers, (key) => registry.keyUsed(key));
  const registry = createNodeRegistry({
    database,
    keys,
    heartbeatMs,
    masterUrl: () => urls.slaves[0] ?? '',
    changed: (node) => {
      greeter.greetNow(node.id);
      nodeChanged(node.id);
      wake();
    },
  });
  const { keysOf } = registry;
  const peerOf = (nodeId: string) => findPeer(db, nodeId, keysOf);
  const list = (request: ListArchive, caller: ListingCaller) =>
    listArchive({ database, client, heartbeatMs, keysOf }, request, caller);
  const stopAttempts = createStopAttempts({ client, findPeer: peerOf, log });

  const sources = createAttemptSources({ database, keys, clock, limits: config.limits });
  const outputs = createOutputTickets({ keys, clock, storeId: stores.defaultStoreId });
  const announcer = createTaskAnnouncer({ database, clock, hub });
  const followUp = startTaskFollowUp({
    database,
    meter,
    announcer,
    log,
    heartbeatMs,
    limits: config.limits,
    minPartBytes: config.splitAboveBytes / 4,
    readEntries: createReadEntries({ sources, list }),
    wake: () => wake(),
    stopAttempts,
    filesChanged,
  });
  closers.add('task follow-up', () => followUp.stop());
  const hearing = createHearing({ monotonicMs: clock.monotonicMs, heartbeatMs });
  const candidates = { presence: createNodePresence(clock), heartbeatMs, storeId: stores.defaultStoreId };
  const scheduler = startScheduler({
    ...candidates,
    database,
    meter,
    client,
    keys,
    outputs,
    marks: createDeliveredMarks({ database, log }),
    fewSources: sources.few,
    limits: config.limits,
    log,
    leaseMs,
    hearing,
    findPeer: peerOf,
    nodeName: async (nodeId) => (await findNode(db, NodeId.parse(nodeId)))?.name ?? nodeId,
    changed: announcer.changed,
    explainGate: createExplainGate(clock),
    settle: followUp.settle,
  });
  closers.add('scheduler', () => scheduler.stop());
  const { wake } = scheduler;
  const tasks = createTasks({
    database,
    meter,
    keys,
    splitAboveBytes: config.splitAboveBytes,
    announcer,
    wake,
    planSoon: followUp.planSoon,
    stopAttempts,
  });

  const { trustedProxies } = config;
  const clientAddress = createClientAddress({ trustedProxies, header: 'x-forwarded-for' });
  const app = createApp({ log, metrics, isUnavailable: database.isUnavailable, clientAddress });
  const authenticated = (credential: string) => authenticate(accounts, credential);
  app.use('/api/*', authenticateUser(authenticated));
  mountHealthRoutes(app, { ready: () => database.ping() });
  mountMetricsRoutes(app, { metrics, token: config.metricsToken, authenticate: authenticated });
  mountAccountRoutes(app, { accounts, publicUrl });
  const provider = config.oidc === null ? null : await openIdentityProvider(config.oidc);
  mountPasskeyRoutes(app, { accounts, publicUrl });
  mountOidcRoutes(app, { accounts, provider, publicUrl, log });
  mountAdministrationRoutes(app, { accounts, entries: config.entries });
  mountFileRoutes(app, { database, filesChanged });
  const uploads = { database, filesChanged, stores, clock, turns: createUploadTurns() };
  mountUploadRoutes(app, uploads);
  mountDownloadRoutes(app, { db, stores, log });
  mountZipRoutes(app, { database, keys, stores, log });
  mountBlobRoutes(app, { database, stores, keys, clock, log });
  mountPreviewRoutes(app, (userId, wish, requestId) =>
    previewFile({ db, accessTo: (blob) => blobAccess({ keys, clock }, blob), list }, userId, wish, requestId),
  );
  mountTaskRoutes(app, tasks);
  const { currentProgress } = announcer;
  mountEventRoutes(app, { hub, database, log, currentProgress, authenticate: authenticated });
  const hello = (node: NodeRow): Hello => ({
    nodeId: NodeId.parse(node.id),
    nodeName: node.name,
    masterId,
    masterUrls: node.type === 'embedded' ? urls.embedded : urls.slaves,
    heartbeatMs,
  });
  const registered = (row: NodeRow) => registeredNode(row, { keysOf, masterUrls: hello(row).masterUrls });
  const underTest = async (asked: string | UnsavedNode) => {
    if (typeof asked !== 'string') return { node: unsavedNode(asked, urls.slaves), object: null };
    const row = await requireNode(db, asked);
    return { node: registered(row), object: { kind: 'node' as const, id: row.id, name: row.name } };
  };
  mountNodeRoutes(app, {
    registry,
    config: (idOrName) => showNodeConfig({ db, client, keysOf }, idOrName),
    choices: (caller) => showNodeChoices({ db, heartbeatMs }, caller),
    test: async (asked, origin, by) => {
      const { node, object } = await underTest(asked);
      await recordAudit(db, by, { action: 'node.test', object, after: { url: node.peer.url } });
      const browserOrigin = origin ?? new URL(publicUrl()).origin;
      return communicationTest({ client, node, browserOrigin, maxSkewMs, now: clock.monotonicMs });
    },
  });
  mountHistoryRoutes(app, db);
  const greeted = (nodeId: NodeId): void => {
    nodeChanged(nodeId);
    wake();
  };
  const isNews = createHeartbeatNews(clock, heartbeatMs);
  const heard = (nodeId: NodeId, vitals: NodeVitals): void => {
    nodeChanged(nodeId);
    if (isNews(nodeId, vitals)) wake();
  };
  const admitBoot = createAdmitBoot({
    database,
    confirm: (nodeId) => greeter.confirm(nodeId),
    changed: nodeChanged,
  });
  const reportDeps = {
    database,
    meter,
    admitBoot,
    limits: config.limits,
    storeId: stores.defaultStoreId,
    statBlob: async (blobId: string) =>
      (await stores.get(stores.defaultStoreId).stat(BlobId.parse(blobId)))?.sizeBytes,
    hasAlternative: (part: ReportedPart) => hasAlternative(db, candidates, part),
    announcer,
    tellSettled: followUp.tellSettled,
    wake,
    nodeChanged,
  };
  const nonces = await createNonceRows({ database, clock, log });
  mountNodeApiRoutes(app, {
    signed: signedRequests({
      role: 'master',
      findKey: registry.findKey,
      nonces,
      clock,
      maxSkewMs,
      signatureTtlSeconds,
      maxBodyBytes: maxSignedBodyBytes,
    }),
    keyUsed: registry.keyUsed,
    clientAddress,
    api: {
      heartbeat: (sender, heartbeat) =>
        receiveHeartbeat({ database, clock, heartbeatMs, admitBoot, heard }, sender, heartbeat),
      reports: (sender, batch) => receiveReports(reportDeps, sender, batch),
      sources: sources.page,
      storedEntries: sources.storedEntries,
      output: async (nodeId, ref) => {
        return outputs.issue({ ...ref, maxBytes: await sources.outputLimit(nodeId, ref) });
      },
    },
  });

  mountApiDocs(app);

  mountConsoleRoutes(app, consoleFolder);

  const server = await listen(app, {
    place: { type: 'http', address: config.listen },
    requestTimeoutMs: 0,
  });
  closers.add('http', () => server.close(config.graceMs));
  closers.add('event streams', () => hub.close());
  urls = masterUrls(config, server.port ?? 0);
  hearing.interrupted();

  const greeter = startGreeter({
    database,
    client,
    clock,
    log,
    heartbeatMs,
    hello,
    keysOf,
    changed: greeted,
  });
  closers.add('greeter', () => greeter.stop());
  const { keepAuditMs } = config;
  const chores = masterChores({ database, stores, uploads, nonces, clock, heartbeatMs, keepAuditMs });
  const maintenance = startMaintenance(chores, log);
  closers.add('maintenance', () => maintenance.stop());
  if (config.embeddedNode) {
    const embedded = await startEmbeddedNode({
      database,
      keys,
      log,
      dataPath: config.dataPath,
      stores: { [localStoreId]: config.dataPath },
      slaveProgram,
      env: config.childEnvironment,
      logLevel: config.logLevel,
      logFormat: config.logFormat,
      graceMs: config.graceMs,
      ready: (nodeId) => greeter.greetNow(nodeId),
    });
    closers.add('embedded node', () => embedded.stop());
  }
  return {
    url: publicUrl(),
    oneTimePassword: firstAdmin?.oneTimePassword ?? null,
    stop: () => closers.close(),
  };
}
