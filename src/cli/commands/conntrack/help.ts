// `sluice conntrack -h`: the commands, the tables, and what entries are chosen and made by.

/** For the help and the completions of the whole program. */
export const CONNTRACK_OPTIONS = [
  { flags: '-s, --src <address>', about: 'source of the original direction, or a prefix' },
  { flags: '-d, --dst <address>', about: 'destination of the original direction, or a prefix' },
  { flags: '-r, --reply-src <address>', about: 'source of the reply' },
  { flags: '-q, --reply-dst <address>', about: 'destination of the reply' },
  { flags: '--mask-src <mask>', about: 'which bits of -s count' },
  { flags: '--mask-dst <mask>', about: 'which bits of -d count' },
  { flags: '-p, --protonum <protocol>', about: 'transport protocol; it has options of its own' },
  { flags: '-f, --family <family>', about: 'ipv4 or ipv6' },
  { flags: '-t, --timeout <seconds>', about: 'time left' },
  {
    flags: '-u, --status <bits>',
    about: 'ASSURED, SEEN_REPLY, FIXED_TIMEOUT, …; !BIT when listing',
  },
  { flags: '-m, --mark <mark>', about: 'mark, with /MASK where only some bits count' },
  { flags: '-c, --secmark <mark>', about: 'security mark' },
  { flags: '-i, --id <id>', about: 'id, as -o id shows it' },
  { flags: '-n, --src-nat [address]', about: 'sources are translated, to ADDRESS[:PORT]' },
  { flags: '-g, --dst-nat [address]', about: 'destinations are translated' },
  { flags: '-j, --any-nat [address]', about: 'either is' },
  { flags: '-w, --zone <zone>', about: 'zone of both directions' },
  { flags: '--orig-zone <zone>', about: 'zone of the original direction' },
  { flags: '--reply-zone <zone>', about: 'zone of the reply' },
  { flags: '-l, --label <labels>', about: 'labels it must have' },
  { flags: '--label-add <labels>', about: 'labels to add' },
  { flags: '--label-del [labels]', about: 'labels to take away, all without a name' },
  { flags: '--tuple-src <address>', about: 'source of an expectation' },
  { flags: '--tuple-dst <address>', about: 'destination of an expectation' },
  {
    flags: '-o, --output <forms>',
    about: 'xml, save, extended, id, timestamp, ktimestamp, labels',
  },
  { flags: '-z, --zero', about: 'list counters and set them to 0' },
  { flags: '-e, --event-mask <events>', about: 'NEW, UPDATES, DESTROY or ALL' },
  { flags: '-b, --buffer-size <bytes>', about: 'understood; nothing gets lost here' },
  { flags: '--live', about: "first of all: the running kernel's connections, as root" },
  { flags: '--netns <name>', about: 'behind --live: those of a namespace, by name or path' },
  { flags: '--state <file>', about: 'first of all: where the connections are kept' },
] as const;

const OPTIONS = CONNTRACK_OPTIONS.map(({ flags, about }) => `  ${flags.padEnd(28)}${about}\n`).join(
  '',
);

export const CONNTRACK_HELP = `Usage: sluice conntrack COMMAND [TABLE] [options]

Commands:
  -L, --dump                  list
  -G, --get                   show the entry of a tuple
  -I, --create                make an entry
  -A, --add                   the same; one that is there already is left alone
  -U, --update                change entries
  -D, --delete                end entries
  -F, --flush                 end all
  -E, --event                 show what other calls do, until interrupted
  -C, --counter               how many there are
  -S, --stats                 what the table has counted
  -R, --load-file FILE        run lines of a file; - is standard input
  -V, --version               the version

Tables: conntrack, expect, dying, unconfirmed

Options:
${OPTIONS}
The connections are kept beside the ruleset of 'sluice nft': $XDG_STATE_HOME/sluice/ruleset.json, or
where --state, as first word, or SLUICE_STATE says.

Examples:
  sluice conntrack -I -s 10.0.0.2 -d 192.0.2.1 -p udp --sport 5353 --dport 53 -t 30
  sluice conntrack -L -p udp -o extended,id
  sluice conntrack -L -w 1 -o save | sed 's/-w 1/-w 2/' | sluice conntrack -R -
`;
