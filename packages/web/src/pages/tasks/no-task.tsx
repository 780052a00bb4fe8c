import { t } from '../../language/language.ts';
import { LinkButton } from '../../ui/links.tsx';
import { MissingPage } from '../missing-page.tsx';

/** `wasThere`: the page has shown the task until it was deleted, here or elsewhere. */
export function NoTask({ wasThere }: { wasThere: boolean }) {
  return (
    <MissingPage
      title={t(wasThere ? 'task.deleted' : 'task.unknown')}
      text={t(wasThere ? 'task.deletedText' : 'task.unknownText')}
    >
      <LinkButton to="/tasks">{t('task.toList')}</LinkButton>
    </MissingPage>
  );
}
