import { Link } from '@tanstack/react-router'
import { t } from '../text.ts'

export const NotFound = () => (
  <div className="empty" style={{ paddingTop: '18vh' }}>
    <h2>{t('not_found.title')}</h2>
    <p>{t('not_found.text')}</p>
    <Link to="/leads">{t('not_found.link')}</Link>
  </div>
)
