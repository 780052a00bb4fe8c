import { t } from '../language/language.ts';
import { LinkButton } from '../ui/links.tsx';
import { MissingPage } from './missing-page.tsx';

export function NotFoundPage() {
  return (
    <MissingPage title={t('notFound.title')} text={t('notFound.text')}>
      <LinkButton to="/files" search={{ path: '/' }}>
        {t('notFound.files')}
      </LinkButton>
    </MissingPage>
  );
}
