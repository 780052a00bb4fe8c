import { Anchor, Button, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { t } from '../language/language.ts';

/** The second factor: a code of the app, or a recovery code. */
export function CodeForm(props: {
  isPending: boolean;
  onSubmit: (code: string) => void;
  onBack: () => void;
}) {
  const [code, setCode] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit(code);
      }}
    >
      <Stack>
        <TextInput
          label={t('signIn.code')}
          description={t('signIn.codeHint')}
          autoComplete="one-time-code"
          autoFocus
          required
          minLength={6}
          maxLength={32}
          withAsterisk={false}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button type="submit" fullWidth loading={props.isPending}>
          {t('signIn.submit')}
        </Button>
        <Anchor component="button" type="button" size="sm" onClick={props.onBack}>
          {t('signIn.back')}
        </Anchor>
      </Stack>
    </form>
  );
}
