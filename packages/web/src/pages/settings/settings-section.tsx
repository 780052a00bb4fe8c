import type { ConfigSetting } from '@longshore/protocol';
import { Badge, Box, Card, Text, Title, Tooltip } from '@mantine/core';
import { baseName } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { WithCode } from '../../ui/with-code.tsx';
import { settingValue } from './setting-value.ts';
import classes from './settings.module.css';

/** A setting of the master or of a node; `note` is said below its value. */
export type ShownSetting = Omit<ConfigSetting, 'pending'> & { note?: { text: string; color: string } };

const originColors: Record<Exclude<ShownSetting['origin'], 'default'>, string> = {
  file: 'harbor',
  environment: 'grape',
  flag: 'orange',
  master: 'teal',
};

/** The settings of one section of the file, with what each does, what is in force and where that comes from. */
export function SettingsSection({
  section,
  settings,
}: {
  section: string;
  settings: readonly ShownSetting[];
}) {
  return (
    <Card withBorder radius="lg" padding={0} component="section" aria-label={section}>
      <Title order={2} fz={15} px="lg" pt="md" pb="sm" ff="monospace">
        [{section}]
      </Title>
      {settings.map((setting) => (
        <SettingRow key={setting.key} setting={setting} />
      ))}
    </Card>
  );
}

function SettingRow({ setting }: { setting: ShownSetting }) {
  const { key, value, origin, place, description, note } = setting;
  const shown = settingValue(setting);
  return (
    <Box className={classes.setting} role="group" aria-label={key}>
      <div>
        <Text size="sm" fw={600} className="breakable">
          {key}
        </Text>
        <Text size="sm" c="dimmed" className="breakable">
          <WithCode text={description} />
        </Text>
      </div>
      <div className={classes.value}>
        {shown === null ? (
          <Text size="sm" c="dimmed">
            {t('settings.unset')}
          </Text>
        ) : (
          <Tooltip label={t('settings.written', { value: value ?? '' })} disabled={shown === value}>
            <Text size="sm" fw={600} className="breakable tabular">
              {shown}
            </Text>
          </Tooltip>
        )}
        {origin === 'default' ? (
          shown !== null && (
            <Text size="xs" c="dimmed">
              {t('settings.origin.default')}
            </Text>
          )
        ) : (
          <Badge
            size="sm"
            variant="light"
            tt="none"
            radius="sm"
            color={originColors[origin]}
            title={place}
            className={classes.origin}
          >
            {t(`settings.origin.${origin}`, { place: baseName(place) })}
          </Badge>
        )}
        {note && (
          <Text size="xs" c={note.color} className="breakable">
            {note.text}
          </Text>
        )}
      </div>
    </Box>
  );
}
