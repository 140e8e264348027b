import { notifications } from '@mantine/notifications'
import { send } from '../api/client.ts'
import { saveFile } from '../api/save-file.ts'
import type { LeadSearch } from '../router.tsx'
import { t } from '../text.ts'

/** Saves the leads of a filter, or those chosen, as a file. */
export const exportLeads = async (filter: LeadSearch, ids?: readonly string[]): Promise<void> => {
  try {
    const answer = await send('/api/v1/leads/export', {
      method: 'POST',
      body: { ...filter, ...(ids === undefined ? {} : { ids }) },
      headers: { accept: 'text/csv, application/json' },
    })
    await saveFile(answer, `leads-${new Date().toISOString().slice(0, 10)}.csv`)
  } catch (error) {
    notifications.show({ color: 'red', title: t('leads.export_failed'), message: (error as Error).message })
  }
}
