import { ConsentTab } from '../privacy/consent-tab.tsx'
import { HoldsTab } from '../privacy/holds-tab.tsx'
import { RequestsTab } from '../privacy/requests-tab.tsx'
import { type Tab, TabbedPage } from '../shell/tabbed-page.tsx'
import { t } from '../text.ts'

const TABS: readonly Tab[] = [
  { id: 'requests', text: 'privacy.requests', permission: 'privacy.read', part: RequestsTab },
  { id: 'consent', text: 'privacy.consent', permission: 'lead.search', part: ConsentTab },
  { id: 'holds', text: 'privacy.holds', permission: 'privacy.read', part: HoldsTab },
]

/** What persons asked for, what they agreed to, and what must be kept all the same. */
export const Privacy = () => <TabbedPage title={t('nav.privacy')} at="/privacy" tabs={TABS} />
