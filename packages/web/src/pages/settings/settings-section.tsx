import type { Setting } from '@longshore/protocol';
import { Badge, Card, Code, Group, Text, Title } from '@mantine/core';
import { baseName } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { WithCode } from '../../ui/with-code.tsx';
import classes from './settings.module.css';

const originColors: Record<Setting['origin'], string> = {
  default: 'gray',
  file: 'harbor',
  environment: 'grape',
  flag: 'orange',
};

export function SettingsSection({ section, settings }: { section: string; settings: readonly Setting[] }) {
  return (
    <Card withBorder radius="lg" padding={0} component="section" aria-label={section}>
      <Title order={2} fz={15} px="lg" pt="md" pb="xs" ff="monospace">
        [{section}]
      </Title>
      <div>
        {settings.map((setting) => (
          <SettingRow key={setting.key} setting={setting} />
        ))}
      </div>
    </Card>
  );
}

function SettingRow({ setting }: { setting: Setting }) {
  const { key, value, origin, place, description, needsRestart } = setting;
  return (
    <div className={classes.setting}>
      <div>
        <Text size="sm" fw={550} className="breakable">
          {key}
        </Text>
        <Text size="sm" c="dimmed" className="breakable">
          <WithCode text={description} />
        </Text>
      </div>
      <div className={classes.value}>
        {value === null || value === '' ? (
          <Text size="sm" c="dimmed">
            {t('settings.unset')}
          </Text>
        ) : (
          <Code fz="sm" className="breakable">
            {value}
          </Code>
        )}
        <Group gap={6}>
          <Badge size="sm" variant="light" tt="none" radius="sm" color={originColors[origin]} title={place}>
            {t(`settings.origin.${origin}`, { place: baseName(place) })}
          </Badge>
          <Text size="xs" c="dimmed">
            {t(needsRestart ? 'settings.restart' : 'settings.live')}
          </Text>
        </Group>
      </div>
    </div>
  );
}
