import { Button } from '@mantine/core'
import { t } from '../text.ts'

/** Something could not be loaded: what the server said, and another try. */
export const Failed = ({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) => (
  <div className="empty" role="alert">
    <h2>{t('error.load')}</h2>
    <p>{error.message}</p>
    <Button variant="default" onClick={onRetry}>
      {t('error.retry')}
    </Button>
  </div>
)
