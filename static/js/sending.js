// A form with a photo on its way to the search.

// Carries words for the person who asked.
export class Refused extends Error {}

export function send(address, body, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // `fetch` does not tell how far an upload is
    request.open("POST", address);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onload = () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText));
      else reject(new Refused(words(request)));
    };
    request.onerror = () => reject(new Refused(
      "The photo did not get through: the server cannot be reached, or the file has moved. Try again.",
    ));
    request.onabort = () => reject(signal.reason);
    signal.onabort = () => request.abort();
    request.send(body);
  });
}

function words(request) {
  const told = request.getResponseHeader("Content-Type")?.includes("problem+json");
  if (!told) return `The server answered ${request.status}. Try again in a moment.`;
  const { detail } = JSON.parse(request.responseText);
  // A bad request's words begin with the name of a field.
  const first = request.status === 400 ? detail[0] : detail[0].toUpperCase();
  return first + detail.slice(1) + (/[.?!]$/.test(detail) ? "" : ".");
}
