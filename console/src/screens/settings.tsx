import { AccountTab } from '../settings/account-tab.tsx'
import { AlertsTab } from '../settings/alerts-tab.tsx'
import { BrandingTab } from '../settings/branding-tab.tsx'
import { KeysTab } from '../settings/keys-tab.tsx'
import { PeopleTab } from '../settings/people-tab.tsx'
import { RetentionTab } from '../settings/retention-tab.tsx'
import { RolesTab } from '../settings/roles-tab.tsx'
import { SecretsTab } from '../settings/secrets-tab.tsx'
import { SsoTab } from '../settings/sso-tab.tsx'
import { SubscriptionsTab } from '../settings/subscriptions-tab.tsx'
import { TenantTab } from '../settings/tenant-tab.tsx'
import { WebhooksTab } from '../settings/webhooks-tab.tsx'
import { type Tab, TabbedPage } from '../shell/tabbed-page.tsx'
import { t } from '../text.ts'

const TABS: readonly Tab[] = [
  { id: 'account', text: 'settings.account', permission: null, part: AccountTab },
  { id: 'tenant', text: 'settings.tenant', permission: 'settings.read', part: TenantTab },
  { id: 'people', text: 'settings.people', permission: 'user.read', part: PeopleTab },
  { id: 'roles', text: 'settings.roles', permission: 'user.read', part: RolesTab },
  { id: 'sso', text: 'settings.sso', permission: 'settings.read', part: SsoTab },
  { id: 'keys', text: 'settings.keys', permission: 'key.read', part: KeysTab },
  { id: 'secrets', text: 'settings.secrets', permission: 'secret.read', part: SecretsTab },
  { id: 'webhooks', text: 'settings.webhooks', permission: 'webhook.read', part: WebhooksTab },
  { id: 'alerts', text: 'settings.alerts', permission: 'job.read', part: AlertsTab },
  { id: 'hooks', text: 'settings.hooks', permission: 'secret.edit', part: SubscriptionsTab },
  { id: 'retention', text: 'settings.retention', permission: 'privacy.read', part: RetentionTab },
  { id: 'branding', text: 'settings.branding', permission: 'settings.edit', part: BrandingTab },
]

export const Settings = () => <TabbedPage title={t('nav.settings')} at="/settings" tabs={TABS} />
