// Prints what node-ical (Home Assistant cards, MagicMirror) reads in each of the named files, as JSON.
import nodeIcal from 'node-ical';

function read(path) {
  return Object.values(nodeIcal.sync.parseFile(path))
    .filter((component) => component.type === 'VEVENT')
    .map((event) => ({
      uid: event.uid,
      start: event.start.toISOString(),
      end: event.end.toISOString(),
      summary: event.summary,
      description: event.description ?? '',
    }));
}

console.log(JSON.stringify(process.argv.slice(2).map(read)));
