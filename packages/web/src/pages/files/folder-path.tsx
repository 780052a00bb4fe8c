import { Breadcrumbs } from '@mantine/core';
import { pathSteps } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { useMoveTarget } from './use-move-target.ts';

/** The way to this folder; files can be dropped on every step of it. */
export function FolderPath({ path }: { path: string }) {
  return (
    <Breadcrumbs
      component="nav"
      aria-label={t('files.path')}
      separator={<Icon name="right" size={13} />}
      separatorMargin={6}
    >
      <Crumb path="/" name={t('files.root')} isHere={path === '/'} />
      {pathSteps(path).map((step) => (
        <Crumb key={step.path} {...step} isHere={step.path === path} />
      ))}
    </Breadcrumbs>
  );
}

function Crumb({ path, name, isHere }: { path: string; name: string; isHere: boolean }) {
  const target = useMoveTarget(isHere ? null : path);
  return (
    <LinkAnchor
      to="/files"
      search={{ path }}
      fz={isHere ? 20 : 'md'}
      fw={isHere ? 650 : 450}
      c={isHere ? 'bright' : 'dimmed'}
      maw={260}
      truncate
      underline="never"
      className="crumb"
      aria-current={isHere ? 'page' : undefined}
      {...target}
    >
      {name}
    </LinkAnchor>
  );
}
