import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { send } from '../api/client.ts'
import { saveFile } from '../api/save-file.ts'
import type { LeadSearch } from '../router.tsx'
import { t } from '../text.ts'

/** Saves the leads of a filter, or those chosen, as a file. */
const exportLeads = async (filter: LeadSearch, ids?: readonly string[]): Promise<void> => {
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

/** The same for a button, which shows that it goes on: many leads take a while. */
export const useExport = () => {
  const [isBusy, setBusy] = useState(false)
  const save = async (filter: LeadSearch, ids?: readonly string[]): Promise<void> => {
    setBusy(true)
    await exportLeads(filter, ids)
    setBusy(false)
  }
  return { isBusy, save }
}
