import { HistorySpan, TaskKind, TaskState } from '@longshore/protocol';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { z } from 'zod';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageError } from './pages/page-error.tsx';
import { Overlays } from './shell/overlays.tsx';
import { SessionGate } from './shell/session-gate.tsx';
import { PageSkeleton } from './ui/page-skeleton.tsx';

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: SessionGate });

const FilesSearch = z.object({ path: z.string().startsWith('/').catch('/').default('/') });

/** Filters live in the address, so that a list can be sent to somebody and the back button undoes a filter. */
const TasksSearch = z.object({
  kind: z.array(TaskKind).optional().catch(undefined),
  state: z.array(TaskState).optional().catch(undefined),
  node: z.string().optional().catch(undefined),
  user: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
  hours: z.number().positive().optional().catch(undefined),
});

const DashboardSearch = z.object({ span: HistorySpan.catch('hour').default('hour') });

const NodeSearch = z.object({
  tab: z.enum(['overview', 'test', 'edit', 'config']).catch('overview').default('overview'),
});

const UsersSearch = z.object({
  q: z.string().optional().catch(undefined),
  group: z.string().optional().catch(undefined),
});

const AuditSearch = z.object({
  user: z.string().optional().catch(undefined),
  object: z.string().optional().catch(undefined),
  action: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
  hours: z.number().positive().optional().catch(undefined),
});

const SettingsSearch = z.object({
  q: z.string().optional().catch(undefined),
  changed: z.literal(true).optional().catch(undefined),
});

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/files', search: { path: '/' }, replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/files',
    validateSearch: FilesSearch,
    staticData: { title: 'nav.files' },
    component: lazyRouteComponent(() => import('./pages/files/files-page.tsx'), 'FilesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tasks',
    validateSearch: TasksSearch,
    staticData: { title: 'nav.tasks' },
    component: lazyRouteComponent(() => import('./pages/tasks/tasks-page.tsx'), 'TasksPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tasks/$taskId',
    staticData: { title: 'nav.task' },
    component: lazyRouteComponent(() => import('./pages/tasks/task-page.tsx'), 'TaskPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/account',
    staticData: { title: 'nav.account' },
    component: lazyRouteComponent(() => import('./pages/account/account-page.tsx'), 'AccountPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin',
    validateSearch: DashboardSearch,
    staticData: { title: 'nav.dashboard' },
    component: lazyRouteComponent(() => import('./pages/dashboard/dashboard-page.tsx'), 'DashboardPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/nodes',
    staticData: { title: 'nav.nodes' },
    component: lazyRouteComponent(() => import('./pages/nodes/nodes-page.tsx'), 'NodesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/nodes/new',
    staticData: { title: 'nav.newNode' },
    component: lazyRouteComponent(() => import('./pages/nodes/new-node-page.tsx'), 'NewNodePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/nodes/$nodeId',
    validateSearch: NodeSearch,
    staticData: { title: 'nav.node' },
    component: lazyRouteComponent(() => import('./pages/nodes/node-page.tsx'), 'NodePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/tasks',
    validateSearch: TasksSearch,
    staticData: { title: 'nav.allTasks' },
    component: lazyRouteComponent(() => import('./pages/tasks/all-tasks-page.tsx'), 'AllTasksPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/users',
    validateSearch: UsersSearch,
    staticData: { title: 'nav.users' },
    component: lazyRouteComponent(() => import('./pages/users/users-page.tsx'), 'UsersPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/groups',
    staticData: { title: 'nav.groups' },
    component: lazyRouteComponent(() => import('./pages/groups/groups-page.tsx'), 'GroupsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/audit',
    validateSearch: AuditSearch,
    staticData: { title: 'nav.audit' },
    component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/admin/settings',
    validateSearch: SettingsSearch,
    staticData: { title: 'nav.settings' },
    component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
  }),
] as const;

export const createConsoleRouter = (queryClient: QueryClient) =>
  createRouter({
    routeTree: root.addChildren([...routes]),
    context: { queryClient },
    InnerWrap: Overlays,
    defaultPreload: 'intent',
    defaultPendingComponent: PageSkeleton,
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });
