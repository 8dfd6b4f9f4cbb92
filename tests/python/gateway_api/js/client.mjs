// An unmodified supabase-js client, from the environment: URL, KEY, EMAIL, PASSWORD. Node 20 has no WebSocket of its own.
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

export const env = process.env
export const supabase = createClient(env.URL, env.KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: ws },
})

export function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n')
}

export async function signIn() {
  const { data, error } = await supabase.auth.signInWithPassword({ email: env.EMAIL, password: env.PASSWORD })
  if (error) throw error
  return data
}
