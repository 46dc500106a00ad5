// Prints what ical.js (Thunderbird, Nextcloud) reads in each of the named files, as JSON.
// Zones are those of the file itself: ical.js knows no others.
import { readFileSync } from 'node:fs';
import ICAL from 'ical.js';

ICAL.design.strict = true;

function instant(time) {
  return new Date(time.toUnixTime() * 1000).toISOString();
}

function read(path) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(path, 'utf8')));
  const zones = new Map();
  for (const component of calendar.getAllSubcomponents('vtimezone')) {
    const zone = new ICAL.Timezone(component);
    zones.set(zone.tzid, zone);
    ICAL.TimezoneService.register(zone);
  }
  return calendar.getAllSubcomponents('vevent').map((component) => {
    const event = new ICAL.Event(component);
    for (const time of [event.startDate, event.endDate]) {
      const tzid = time.zone.tzid;
      const own = zones.get(tzid);
      if (time.zone !== ICAL.Timezone.utcTimezone && time.zone.component !== own?.component) {
        throw new Error(`${path}: ${time} is read with a zone ${tzid} that is not the file's own`);
      }
    }
    return {
      uid: event.uid,
      start: instant(event.startDate),
      end: instant(event.endDate),
      summary: event.summary,
      description: event.description ?? '',
      alarms: component.getAllSubcomponents('valarm').map((alarm) => [
        alarm.getFirstPropertyValue('action'),
        alarm.getFirstPropertyValue('trigger').toSeconds(),
      ]),
    };
  });
}

console.log(JSON.stringify(process.argv.slice(2).map(read)));
