import { security } from '@longshore/protocol';
import { Badge, Button, Group, Skeleton, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { twoFactorQuery } from '../../queries/security-queries.ts';
import { Ago } from '../../ui/ago.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { SectionCard } from '../../ui/section-card.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { TwoFactorProof } from './two-factor-proof.tsx';
import { openTwoFactorSetup } from './two-factor-setup.tsx';

const fewCodes = 3;

/** A code of an app besides the password. */
export function TwoFactorCard() {
  const { data, error, refetch } = useQuery(twoFactorQuery);
  const client = useQueryClient();
  const refresh = (): void => {
    for (const key of ['two-factor', 'me']) void client.invalidateQueries({ queryKey: [key] });
  };
  const openOff = (): void => {
    const id = modals.open({
      title: t('twoFactor.turnOff'),
      closeButtonProps: { 'aria-label': t('common.close') },
      children: (
        <TwoFactorProof
          text={t('twoFactor.offText')}
          submit={t('twoFactor.turnOff')}
          color="red"
          run={(body) => call(security.disableTwoFactor, { body })}
          onSuccess={() => {
            refresh();
            modals.close(id);
            notifyDone(t('twoFactor.isOff'));
          }}
        />
      ),
    });
  };
  const openRenewal = (): void => {
    const id = modals.open({
      title: t('twoFactor.renew'),
      closeOnClickOutside: false,
      closeButtonProps: { 'aria-label': t('common.close') },
      children: <Renewal onRenewed={refresh} onDone={() => modals.close(id)} />,
    });
  };
  return (
    <SectionCard
      title={t('twoFactor.title')}
      text={t('twoFactor.text')}
      badge={
        data && (
          <Badge color={data.enabled ? 'teal' : 'gray'} variant="light" tt="none" radius="sm">
            {t(data.enabled ? 'twoFactor.on' : 'twoFactor.off')}
          </Badge>
        )
      }
    >
      {error && !data && <ErrorAlert error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton h={36} />}
      {data && !data.enabled && <Button onClick={openTwoFactorSetup}>{t('twoFactor.setup')}</Button>}
      {data?.enabled && (
        <>
          <Text size="sm" mb="sm">
            {data.enabledAtMs !== null && (
              <>
                {t('twoFactor.since')} <Ago atMs={data.enabledAtMs} /> ·{' '}
              </>
            )}
            <Text span inherit {...(data.recoveryCodesLeft < fewCodes && { c: 'orange', fw: 550 })}>
              {t('twoFactor.left', { count: data.recoveryCodesLeft })}
            </Text>
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={openRenewal}>
              {t('twoFactor.renew')}
            </Button>
            <Button variant="light" color="red" onClick={openOff}>
              {t('twoFactor.turnOff')}
            </Button>
          </Group>
        </>
      )}
    </SectionCard>
  );
}

function Renewal({ onRenewed, onDone }: { onRenewed: () => void; onDone: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <TwoFactorProof
      text={t('twoFactor.renewText')}
      submit={t('twoFactor.renew')}
      run={(body) => call(security.renewRecoveryCodes, { body })}
      onSuccess={({ recoveryCodes }) => {
        setCodes(recoveryCodes);
        onRenewed();
      }}
    />
  );
}
