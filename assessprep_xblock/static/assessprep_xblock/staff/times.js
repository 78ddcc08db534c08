/* Pages without anything to press: times in the reader's own zone. */
window.assessprepFields.localTimes(document);
