// As the service (KEY) writes and reads; as a person of another company (PERSON_KEY, EMAIL, PASSWORD) is refused.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'
import { env, supabase } from './client.mjs'

const images = supabase.storage.from('images')
const name = `${env.COMPANY}/a leaf (1).jpg`
const bytes = Buffer.from('ffd8ffe000104a464946', 'hex')

for (const body of [bytes, new Blob([bytes], { type: 'image/jpeg' })]) {
  const put = await images.upload(name, body, { contentType: 'image/jpeg', upsert: true, cacheControl: '60' })
  assert.equal(put.error, null)
  assert.equal(put.data.fullPath, `images/${name}`)
  const got = await images.download(name)
  assert.deepEqual(Buffer.from(await got.data.arrayBuffer()), bytes)
}
const twice = await images.upload(name, bytes, { contentType: 'image/jpeg' })
assert.equal(twice.error.statusCode, '409')

const { data: url } = await images.createSignedUrl(name, 60)
assert.deepEqual(Buffer.from(await (await fetch(url.signedUrl)).arrayBuffer()), bytes)
const { data: urls } = await images.createSignedUrls([name, 'absent'], 60)
assert.equal((await fetch(urls[0].signedUrl)).status, 200)
assert.equal(urls[1].signedUrl, null)
assert.equal((await images.exists(name)).data, true)
assert.equal((await images.exists('absent')).data, false)
assert.equal((await images.info(name)).data.size, bytes.length)
assert.ok((await images.list(env.COMPANY)).data.some((row) => row.name === 'a leaf (1).jpg'))

const other = createClient(env.URL, env.PERSON_KEY, { auth: { persistSession: false }, realtime: { transport: ws } })
await other.auth.signInWithPassword({ email: env.EMAIL, password: env.PASSWORD })
const foreign = other.storage.from('images')
assert.ok((await foreign.download(name)).error)
assert.ok((await foreign.createSignedUrl(name, 60)).error)
assert.deepEqual((await foreign.list(env.COMPANY)).data, [])
assert.ok((await foreign.upload(`${env.COMPANY}/b.jpg`, bytes, { contentType: 'image/jpeg' })).error)
assert.deepEqual((await foreign.remove([name])).data, [])
await other.auth.signOut()

assert.equal((await images.remove([name])).data[0].name, name)
assert.equal((await images.exists(name)).data, false)
