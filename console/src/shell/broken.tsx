import { Button } from '@mantine/core'
import { t } from '../text.ts'

/** A screen that could not be drawn, or whose part could not be loaded: a server with another build, mostly. */
export const Broken = ({ reset }: { readonly reset: () => void }) => (
  <main className="empty" role="alert" style={{ paddingTop: '18vh' }}>
    <h1>{t('broken.title')}</h1>
    <p>{t('broken.text')}</p>
    <div className="row">
      <Button variant="default" onClick={reset}>
        {t('broken.retry')}
      </Button>
      <Button onClick={() => window.location.reload()}>{t('broken.reload')}</Button>
    </div>
  </main>
)
