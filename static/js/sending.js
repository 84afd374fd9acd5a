// Sends a form with a photo and reads the answer.

// An error whose message is for the person who sent the photo.
export class Refused extends Error {}

export function send(address, body, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // `fetch` does not report the progress of an upload
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
  const explained = request.getResponseHeader("Content-Type")?.includes("problem+json");
  if (!explained) return `The server answered ${request.status}. Try again in a moment.`;
  const { detail } = JSON.parse(request.responseText);
  // The words of a bad request begin with the name of a field, which stays in lower case.
  const first = request.status === 400 ? detail[0] : detail[0].toUpperCase();
  return first + detail.slice(1) + (/[.?!]$/.test(detail) ? "" : ".");
}
