import type { BounceClass } from './bounce.ts';

/**
 * What servers write, in lower case; `*` stands for up to 60 characters. The classes are tried in this order: what
 * speaks of us (sender, host, content) comes before what speaks of the recipient, because "sender domain does not
 * exist" must not end as "does not exist".
 */
export const bouncePhrases: readonly { readonly kind: BounceClass; readonly phrases: readonly string[] }[] = [
  {
    kind: 'full',
    phrases: [
      ...['mailbox full', 'mailbox is full', 'mailbox*is full', 'full mailbox', 'inbox is full', 'inbox full'],
      ...['mailfolder is full', 'mail folder is full', 'maildrop is full', 'account is full', 'user is full'],
      ...['over quota', 'overquota', 'over the quota', 'over*quota', 'out of quota', 'above quota', 'quota exceed'],
      ...['quota*exceeded', 'exceed*quota', 'quota is full', 'quota full', 'quota*reached', 'quota violation'],
      ...['over the maximum*size', 'mailbox size limit', 'mailbox has exceeded', 'mailbox exceeds', 'mailbox exceeded'],
      ...['exceeded storage', 'exceeded*storage', 'exceed*mailbox size', 'storage limit', 'out of storage'],
      ...['not enough disk space', 'not enough storage', 'insufficient disk space', 'insufficient storage'],
      ...['disk full', 'too much mail data', 'kotak*penuh', 'kuota*penuh', 'kuota*habis', 'kuota*terlampaui'],
    ],
  },
  {
    kind: 'blocked',
    phrases: [
      // The address was accepted and the mail then refused, whatever the words; or the sender was.
      ...[
        'after data',
        'after end of data',
        'reply to end of data',
        'command data',
        'after mail from',
        'reply to mail from',
      ],
      ...['sender address', 'sender domain', 'sender id', 'sender verify', 'sender denied', 'sender rejected'],
      ...['sender*blocked', 'sender is unauthenticated', 'sender*not allowed', 'senders not allowed', 'sender ip'],
      ...['domain of sender', 'sending domain', 'sending ip', 'sending server', 'valid sender', 'return-path'],
      ...['source ip', 'from your ip', 'your ip', 'your host', 'your server', 'your domain', 'your network'],
      ...['your message*rejected', 'your message*blocked', 'envelope from', 'client host', 'client*blocked'],
      ...['blacklist', 'black list', 'blocklist', 'block list', 'denylist', 'dnsbl', 'spamhaus', 'blocked using'],
      ...['spam', 'junk mail', 'unsolicited', 'phish', 'virus', 'malware', 'infected', 'reputation', 'complaints'],
      ...['spf', 'dkim', 'dmarc', 'reverse dns', 'ptr record', 'rdns', 'unauthenticated', 'authentication required'],
      ...[
        'relay',
        'not authorized to send',
        'banned',
        'prohibit',
        'policy reason',
        'security polic',
        'policy violation',
      ],
      ...['due to policy', 'content rejected', 'content*rejected', 'message rejected', 'message was rejected'],
      ...['message*not accepted', 'message not allowed', 'message*blocked', 'mail*blocked', 'header error'],
      ...['not accepting connections', 'refused to talk', 'rate limit', 'too many messages'],
      ...['email is not verified', 'address is not verified', '550 rejected', 'access denied by'],
    ],
  },
  {
    kind: 'hard',
    phrases: [
      ...['user unknown', 'unknown user', 'user*unknown', 'no such user', 'user not found', 'user not exist'],
      ...['user*does not exist', 'user*does not have', "user*doesn't have", "user*doesn't exist", 'user*not known'],
      ...['user*not listed', 'invalid user', 'unknown recipient', 'recipient unknown', 'recipient*not found'],
      ...['invalid recipient', 'no such recipient', 'recipient*does not exist', 'rejected: access denied'],
      ...['recipient rejected', 'recipient no longer', 'not a valid recipient', 'recipient*not exist'],
      ...['mailbox not found', 'mailbox*does not exist', 'mailbox unknown', 'no such mailbox'],
      ...['no mailbox', 'unknown mailbox', 'invalid mailbox', 'mailbox*not exist', 'mailbox*invalid'],
      ...['account*does not exist', 'no such account', 'no account', 'account*not found', 'unknown account'],
      ...['invalid address', 'unknown address', 'address unknown', 'address*unknown', 'no such address'],
      ...['address*does not exist', 'address*not found', 'address not exist', 'bad address'],
      ...['address couldn', 'address could not be found', 'undeliverable address', 'invalid local part'],
      ...[
        'unknown local',
        'not our user',
        'not our customer',
        'not a known user',
        'not a valid user',
        'no such person',
      ],
      ...[
        'no longer on server',
        'no longer valid',
        'no longer available',
        'no longer exist',
        'has moved',
        'user has left',
      ],
      ...['host unknown', 'unknown host', 'host not found', 'unknown domain', 'domain not found', 'no such domain'],
      ...['domain does not exist', 'domain*not reachable', 'domain name not found', 'nxdomain', 'name not found'],
      ...['unrouteable', 'unroutable', 'bad destination', 'no mail server', 'null mx', 'nullmx', 'no such host'],
      ...['does not accept mail', 'does not accept email', 'does not receive mail', "doesn't receive email"],
      ...['destinataire invalide', 'tidak ditemukan', 'tidak dikenal', 'tidak terdaftar', 'alamat*tidak sah'],
    ],
  },
  {
    kind: 'deferred',
    phrases: [
      ...[
        'message size',
        'message length',
        'message too',
        'too big',
        'size limit',
        'unable to write',
        "couldn't create",
      ],
      ...['timed out', 'timeout', 'temporar', 'try again', 'try later', 'greylist', 'graylist', 'expired', 'too large'],
      ...[
        'connection refused',
        'connection reset',
        'too many connections',
        'too many recipients',
        'loop',
        'too many hops',
        'system error',
        'service*unavailable',
        'busy',
      ],
      ...['disabled', 'suspended', 'inactive', 'frozen', 'on hold', 'locked', 'discontinued', 'sementara'],
    ],
  },
  {
    // What servers also write before another reason: it counts where nothing else was said.
    kind: 'hard',
    phrases: [
      ...['address rejected', 'mailbox unavailable', 'mailbox not available', 'check if address is correct'],
      ...["couldn't find a mail exchanger", 'no smtp service', 'dns lookup failure', 'invalid final delivery userid'],
    ],
  },
];
