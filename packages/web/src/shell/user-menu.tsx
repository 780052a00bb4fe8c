import { accounts, type User } from '@longshore/protocol';
import { Avatar, Group, Menu, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../api/call.ts';
import { currentLanguage, languages, t } from '../language/language.ts';
import { switchLanguage } from '../language/switch-language.ts';
import { Icon } from '../ui/icons.tsx';
import { LinkItem } from '../ui/links.tsx';
import { notifyError } from '../ui/notify.tsx';

/** Who is signed in, and what is theirs: account, appearance, language, the way out. */
export function UserMenu({ me }: { me: User }) {
  const client = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = (): void => {
    call(accounts.logout, { body: {} }).then(() => client.setQueryData(['me'], null), notifyError);
  };
  const schemes = { auto: 'display', light: 'sun', dark: 'moon' } as const;
  return (
    <Menu position="top-start" width={232} shadow="md">
      <Menu.Target>
        <UnstyledButton className="user-button" p="xs">
          <Group gap="sm" wrap="nowrap">
            <Avatar size={32} radius="xl" color="harbor" name={me.name} />
            <div>
              <Text size="sm" fw={550} truncate>
                {me.name}
              </Text>
              <Text size="xs" c="dimmed">
                {t(`role.${me.role}`)}
              </Text>
            </div>
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <LinkItem to="/account" leftSection={<Icon name="key" size={16} />}>
          {t('nav.account')}
        </LinkItem>
        <Menu.Divider />
        <Menu.Label>{t('shell.appearance')}</Menu.Label>
        {(['auto', 'light', 'dark'] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={schemes[scheme]} size={16} />}
            rightSection={colorScheme === scheme && <Icon name="check" size={14} />}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`scheme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('shell.language')}</Menu.Label>
        {(['en', 'zh'] as const).map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            leftSection={<Icon name="language" size={16} />}
            rightSection={currentLanguage() === language && <Icon name="check" size={14} />}
            onClick={() => void switchLanguage(language)}
          >
            {languages[language]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="leave" size={16} />} onClick={leave}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
