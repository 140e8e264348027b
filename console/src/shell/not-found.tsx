import { Link } from '@tanstack/react-router'
import { t } from '../text.ts'

export const NotFound = () => (
  <main className="empty" style={{ paddingTop: '18vh' }}>
    <h1>{t('not_found.title')}</h1>
    <p>{t('not_found.text')}</p>
    <Link to="/leads">{t('not_found.link')}</Link>
  </main>
)
